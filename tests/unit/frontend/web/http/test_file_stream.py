"""Claims about files that are written in turns: when they begin, and what they hold meanwhile."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from frontend.errors import NotFound, PreconditionFailed, RangeNotSatisfiable
from frontend.results.kept_file import removed
from frontend.web.http.file_stream import file_reply, in_turns, writers_of
from sim.export import FORMATS
from sim.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from flask import Flask

    from frontend.bootstrap import Services
    from frontend.web.http.backpressure import Reader


def test_files_that_pyarrow_writes_are_named_by_its_version_too() -> None:
    for form in FORMATS:
        assert (pa.__version__ in writers_of(form)) == (form in {"arrow", "parquet"})
        assert VERSION in writers_of(form)


def two_pieces(_reader: object = None) -> Generator[bytes]:
    yield b"one "
    yield b"two"


def test_a_file_is_all_its_pieces_with_a_name_and_an_etag(app: Flask) -> None:
    with app.test_request_context():
        answer = file_reply("text/plain", "tag", "a.txt", two_pieces)
        assert answer.get_data() == b"one two"
        assert answer.headers["ETag"] == '"tag"'
        assert answer.headers["Content-Disposition"] == 'attachment; filename="a.txt"'


def never(_reader: object) -> Generator[bytes]:
    raise AssertionError


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_nothing_is_written_for_who_has_it(app: Flask, method: str) -> None:
    headers = {"If-None-Match": '"tag"', "Range": "bytes=0-1"}
    with app.test_request_context(method=method, headers=headers):
        answer = file_reply("text/plain", "tag", None, never)
        assert (answer.status_code, answer.get_data()) == (304, b"")


def test_a_head_request_has_the_length_and_the_file_is_then_there(app: Flask) -> None:
    with app.test_request_context(method="HEAD"):
        answer = file_reply("text/plain", "tag", None, two_pieces)
        assert (answer.status_code, answer.get_data()) == (200, b"")
        assert answer.headers["Content-Length"] == "7"
        assert answer.headers["Accept-Ranges"] == "bytes"
    with app.test_request_context():
        kept = file_reply("text/plain", "tag", "a.txt", never)
        assert kept.get_data() == b"one two"
        assert kept.headers["Content-Length"] == "7"
        assert kept.headers["Content-Disposition"] == 'attachment; filename="a.txt"'


def test_a_range_is_that_part(app: Flask) -> None:
    with app.test_request_context(headers={"Range": "bytes=2-5"}):
        answer = file_reply("text/plain", "tag", None, two_pieces)
        assert (answer.status_code, answer.get_data()) == (206, b"e tw")
        assert answer.headers["Content-Range"] == "bytes 2-5/7"
        assert answer.headers["Content-Length"] == "4"
        assert answer.headers["ETag"] == '"tag"'


def test_a_range_of_an_older_file_gives_the_whole_new_one(app: Flask) -> None:
    headers = {"Range": "bytes=0-1", "If-Range": '"older"'}
    with app.test_request_context(headers=headers):
        answer = file_reply("text/plain", "tag", None, two_pieces)
        assert (answer.status_code, answer.get_data()) == (200, b"one two")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("given", ['"nope"', 'W/"tag"', '"a", "b"', "", "nope"])
@pytest.mark.parametrize("more", [{}, {"Range": "bytes=0-1"}, {"If-None-Match": '"tag"'}])
def test_who_means_another_file_is_told_so_before_all_else(
    app: Flask, method: str, given: str, more: dict[str, str]
) -> None:
    headers = {"If-Match": given} | more
    with (
        app.test_request_context(method=method, headers=headers),
        pytest.raises(PreconditionFailed),
    ):
        file_reply("text/plain", "tag", None, never)


@pytest.mark.parametrize("given", ['"tag"', '"a", "tag"', "*"])
def test_who_means_this_file_gets_its_range(app: Flask, given: str) -> None:
    with app.test_request_context(headers={"If-Match": given, "Range": "bytes=0-1"}):
        answer = file_reply("text/plain", "tag", None, two_pieces)
        assert (answer.status_code, answer.get_data()) == (206, b"on")


def test_a_range_beyond_the_end_is_an_error_and_the_file_is_closed(
    app: Flask, services: Services
) -> None:
    with (
        app.test_request_context(headers={"Range": "bytes=7-"}),
        pytest.raises(RangeNotSatisfiable, match="7 bytes"),
    ):
        file_reply("text/plain", "tag", None, two_pieces)
    kept = services.exports.find("tag")
    assert kept is not None
    path = Path(services.settings.export_folder or "") / "tag"
    assert not removed(path)  # it is read: by this test alone
    kept.close()
    assert removed(path)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_file_is_kept_only_while_its_client_is_there(
    app: Flask, services: Services, method: str
) -> None:
    ours, theirs = socket.socketpair()
    written = []

    def write(reader: Reader) -> Generator[bytes]:
        theirs.close()
        for number in range(100):
            written.append(number)
            assert not reader.has_begun
            yield b"piece"

    environ = {"gunicorn.socket": ours}
    headers = {"Range": "bytes=0-1"} if method == "GET" else {}
    with (
        ours,
        app.test_request_context(method=method, headers=headers, environ_overrides=environ),
        pytest.raises(BrokenPipeError),
    ):
        file_reply("text/plain", "tag", None, lambda reader: in_turns(lambda: write(reader), 1))
    assert len(written) == 1
    assert services.exports.find("tag") is None


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_file_that_is_too_large_is_streamed_and_says_that_it_has_no_ranges(
    app: Flask, services: Services, method: str
) -> None:
    headers = {"Range": "bytes=0-1"} if method == "GET" else {}
    with app.test_request_context(method=method, headers=headers):
        least_bytes = services.settings.export_cache
        answer = file_reply("text/plain", "tag", None, two_pieces, least_bytes=least_bytes)
        assert answer.status_code == 200
        assert answer.get_data() == (b"" if method == "HEAD" else b"one two")
        assert answer.headers["Accept-Ranges"] == "none"
        assert "Content-Length" not in answer.headers


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_error_has_the_same_status_where_nothing_can_be_kept(
    app: Flask, services: Services, method: str
) -> None:
    def broken(_reader: object) -> Generator[bytes]:
        raise NotFound("It is gone.")

    least_bytes = services.settings.export_cache
    with app.test_request_context(method=method), pytest.raises(NotFound):
        file_reply("text/plain", "tag", None, broken, least_bytes=least_bytes)


def test_a_head_request_that_is_not_kept_holds_no_place_and_writes_one_piece(
    app: Flask, services: Services
) -> None:
    written, ended = [], []

    def write() -> Iterator[bytes]:
        try:
            for number in range(100):
                written.append(number)
                yield b"piece"
        finally:
            ended.append(True)

    memory, least_bytes = services.admission.memory, services.settings.export_cache
    with app.test_request_context(method="HEAD"):
        held = [
            file_reply(
                "text/plain",
                "tag",
                None,
                lambda _: in_turns(write, memory),
                least_bytes=least_bytes,
            )
            for _ in range(3)
        ]
    assert [answer.status_code for answer in held] == [200] * 3
    assert (len(written), len(ended)) == (3, 3)


def test_what_a_body_asks_for_has_no_ranges(app: Flask) -> None:
    with app.test_request_context(method="POST", headers={"Range": "bytes=0-1"}):
        answer = file_reply("text/plain", "tag", None, two_pieces)
        assert (answer.status_code, answer.get_data()) == (200, b"one two")
        assert answer.headers["Accept-Ranges"] == "none"


def test_an_error_before_the_first_piece_is_raised_and_holds_no_place(
    app: Flask, services: Services
) -> None:
    def broken() -> Iterator[bytes]:
        raise NotFound("It is gone.")

    with app.test_request_context():
        for _ in range(services.settings.threads + 1):
            with pytest.raises(NotFound):
                in_turns(broken, services.admission.memory)
        assert b"".join(in_turns(two_pieces, services.admission.memory)) == b"one two"
