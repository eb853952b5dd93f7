from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from frontend.web.http.responses import (
    IMMUTABLE,
    REVALIDATED,
    etag_of,
    metadata_reply,
    started,
    unchanged,
)
from sim.export.metadata import Metadata
from sim.scenario import PropagationRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask


def test_an_error_before_the_first_piece_comes_while_it_can_have_a_status() -> None:
    def broken() -> Iterator[bytes]:
        raise ValueError("at once")
        yield b""

    with pytest.raises(ValueError, match="at once"):
        started(broken())


def test_a_stream_has_all_its_pieces_in_order() -> None:
    assert b"".join(started(iter([b"a", b"b", b"c"]))) == b"abc"
    assert b"".join(started(iter([]))) == b""


def test_who_closes_a_stream_closes_what_makes_it() -> None:
    closed = []

    def pieces() -> Iterator[bytes]:
        try:
            yield b"a"
            yield b"b"
        finally:
            closed.append(True)

    stream = started(pieces())
    assert next(stream) == b"a"
    assert next(stream) == b"b"
    stream.close()
    assert closed == [True]


def test_what_the_client_has_is_kept_as_the_answer_was(app: Flask) -> None:
    with app.test_request_context(headers={"If-None-Match": '"tag"'}):
        for cache in (IMMUTABLE, REVALIDATED):
            answer = unchanged("tag", cache=cache)
            assert answer is not None
            assert (answer.status_code, answer.headers["Cache-Control"]) == (304, cache)
        assert unchanged("other") is None


def test_a_file_that_another_version_writes_otherwise_is_asked_for_each_time(app: Flask) -> None:
    with app.test_request_context():
        answer = metadata_reply(Metadata(request=PropagationRequest(1)), ["agent"])
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert answer.headers["ETag"]


def test_different_representations_have_different_names() -> None:
    assert etag_of("1", "500", "csv") != etag_of("1", "500", "json")
    assert etag_of(1.0, None) == etag_of(1.0, None)
    assert etag_of("ab", "c") != etag_of("a", "bc")
