"""Claims about work that is done for one reader."""

from __future__ import annotations

import socket
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from frontend.web.http.backpressure import SENT_BYTES, Reader, hang_up, limit_buffer

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from frontend.bootstrap import Services

RECORDS = "/api/v1/propagations/500/records"
THINNED = "/api/v1/propagations/500/records?format=csv&max_points=8"


def test_work_ends_where_its_reader_has_left() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        read = Reader(ours).while_read(count())
        assert [next(read), next(read)] == [0, 1]
        theirs.sendall(b"GET / HTTP/1.1")  # the next request, sent ahead
        assert next(read) == 2
        theirs.close()
        ours.recv(100)
        with pytest.raises(BrokenPipeError):
            next(read)


def test_once_a_response_has_begun_its_reader_may_end_its_own_side() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        reader = Reader(ours)
        reader.has_begun = True
        read = reader.while_read(count())
        theirs.shutdown(socket.SHUT_WR)
        assert [next(read), next(read)] == [0, 1]
        theirs.close()
        with pytest.raises(BrokenPipeError):
            next(read)


def test_a_reader_who_has_left_is_no_fault_of_ours(
    web: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    ours, theirs = socket.socketpair()
    theirs.close()
    with ours:
        gone = {"gunicorn.socket": ours}
        answer = web.get(THINNED.replace("csv", "parquet"), environ_overrides=gone)
    assert answer.status_code == 400
    assert caplog.records == []


@pytest.mark.parametrize(
    "query", ["format=csv&t1=9", "format=parquet&every=3", "format=csv&times=1,2", "max_points=8"]
)
@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_nothing_is_kept_for_a_client_that_has_left(
    web: FlaskClient, services: Services, query: str, method: str
) -> None:
    ours, theirs = socket.socketpair()
    theirs.close()
    headers = {"Range": "bytes=0-9"}
    with ours:
        gone = {"gunicorn.socket": ours}
        url = f"{RECORDS}?{query}"
        answer = web.open(url, method=method, headers=headers, environ_overrides=gone)
    assert answer.status_code == 400
    assert not any(Path(services.settings.export_folder or "").glob("[0-9a-f]*"))


@pytest.mark.parametrize("path", ["/propagate/500/data.js", f"{RECORDS}?format=parquet", THINNED])
def test_a_client_that_has_ended_its_side_gets_the_whole_file(web: FlaskClient, path: str) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.shutdown(socket.SHUT_WR)
        answer = web.get(path, environ_overrides={"gunicorn.socket": ours})
        assert answer.status_code == 200
        assert answer.data == web.get(path).data


def test_a_client_that_has_ended_its_side_is_told_what_was_in_the_way(web: FlaskClient) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.shutdown(socket.SHUT_WR)
        answer = web.get(
            THINNED.replace("csv", "parquet"), environ_overrides={"gunicorn.socket": ours}
        )
    assert answer.status_code == 400
    assert (answer.get_json() or {})["detail"].endswith("keep it open.")


def test_work_goes_on_where_nobody_can_be_asked() -> None:
    assert list(Reader(None).while_read("ab")) == ["a", "b"]


def test_another_thread_can_end_the_connection_of_a_client() -> None:
    ours, theirs = socket.socketpair()
    end = hang_up(ours)
    assert end is not None
    end()
    assert theirs.recv(1) == b""
    theirs.close()
    ours.close()
    end()
    assert hang_up(None) is None


def test_the_kernel_holds_little_for_a_slow_reader() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        limit_buffer(ours)
        assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) <= 2 * SENT_BYTES
    limit_buffer(ours)
    limit_buffer(None)
