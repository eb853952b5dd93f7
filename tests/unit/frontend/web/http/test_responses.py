from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from frontend.web.http.responses import etag_of, started

if TYPE_CHECKING:
    from collections.abc import Iterator


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
    stream.close()  # type: ignore[attr-defined]  # it is a generator
    assert closed == [True]


def test_different_representations_have_different_names() -> None:
    assert etag_of("1", "500", "csv") != etag_of("1", "500", "json")
    assert etag_of(1.0, None) == etag_of(1.0, None)
    assert etag_of("ab", "c") != etag_of("a", "bc")
