"""Claims about who asks, where nobody has said so."""

from __future__ import annotations

from contextvars import Context

from frontend.admission import ASKER


def test_what_no_request_asks_for_is_asked_by_this_process() -> None:
    assert Context().run(ASKER.get)() == "this process"
