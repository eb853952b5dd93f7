"""Claims about the client for which a thread works, where nobody has said so."""

from __future__ import annotations

from contextvars import Context

from frontend.admission import CURRENT_CLIENT


def test_what_is_done_for_no_request_is_done_for_this_process() -> None:
    assert Context().run(CURRENT_CLIENT.get)() == "this process"
