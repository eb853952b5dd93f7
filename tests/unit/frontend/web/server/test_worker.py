"""Claims about what slow, large and malformed requests cost the web server, over real sockets."""

from __future__ import annotations

import contextlib
import http.client
import json
import select
import socket
import time
from typing import TYPE_CHECKING, Final

import pytest

from frontend.web.server import connection, worker
from tests.deadlines import EVENTUALLY_S, under_load
from tests.processes import eventually
from tests.unit.frontend.web.server.conftest import LARGE_BYTES, RELEASED, THREADS, Server

if TYPE_CHECKING:
    from collections.abc import Iterator

POST: Final = b"POST / HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED: Final = POST + b"Transfer-Encoding: chunked\r\n\r\n"
GET: Final = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
HALVES: Final = {
    "nothing": b"",
    "half a head": b"GET / HTTP/1.1\r\nHost: local",
    "half a body": POST + b"Content-Length: 99\r\n\r\nabc",
    "half a large body": POST + b"Content-Length: 900000\r\n\r\n" + b"a" * 100_000,
    "a chunked body": CHUNKED + b"fff\r\nab",
    "an expectation": POST + b"Expect: 100-continue\r\nContent-Length: 99\r\n\r\n",
    "a chunked expectation": POST + b"Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n",
}
MANY: Final = 20 * THREADS


@contextlib.contextmanager
def connected(server: Server, sent: bytes, count: int) -> Iterator[list[socket.socket]]:
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(server.connect()) for _ in range(count)]
        for client in clients:
            client.sendall(sent)
        yield clients


def answer(client: socket.socket) -> http.client.HTTPResponse:
    """Read the head of the next response; `read` gives its body."""
    response = http.client.HTTPResponse(client)
    response.begin()
    return response


def problem(client: socket.socket) -> tuple[int, str]:
    """The status and the sentence of a problem document, after which the connection ends."""
    response = answer(client)
    assert response.headers["Content-Type"] == "application/problem+json"
    document = json.loads(response.read())
    assert document["status"] == response.status
    assert client.recv(1) == b""
    return response.status, document["detail"]


def answered(server: Server) -> float:
    """Seconds in which a new client is answered."""
    begun = time.monotonic()
    with server.connect() as client:
        client.sendall(GET)
        assert answer(client).status == http.client.OK
    return time.monotonic() - begun


@pytest.mark.parametrize("half", HALVES)
def test_requests_that_have_not_arrived_hold_no_thread(server: Server, half: str) -> None:
    with connected(server, HALVES[half], MANY):
        eventually(lambda: len(server.worker.waiting) == MANY)
        assert answered(server) < under_load(1)


def test_a_chunked_body_that_drips_holds_no_thread(server: Server) -> None:
    with connected(server, CHUNKED, MANY) as clients:
        for byte in (b"1", b"\r", b"\n", b" ", b"\r"):
            for client in clients:
                client.sendall(byte)
            assert answered(server) < under_load(1)


@pytest.mark.parametrize(
    ("half", "attribute", "status"),
    [
        ("half a head", "HEAD_S", 408),
        ("half a body", "REQUEST_S", 408),
        ("a chunked body", "REQUEST_S", 408),
    ],
)
def test_a_request_has_one_deadline_however_often_a_byte_comes(
    server: Server, monkeypatch: pytest.MonkeyPatch, half: str, attribute: str, status: int
) -> None:
    monkeypatch.setattr(connection, attribute, 1)
    with server.connect() as client:
        client.sendall(HALVES[half])
        begun = time.monotonic()
        client.settimeout(0.1)
        while True:
            try:
                found, detail = problem(client)
            except TimeoutError:
                client.sendall(b"a")
            else:
                break
        assert found == status
        assert detail == "The request did not arrive within 1 seconds."
        assert time.monotonic() - begun < 10


def test_a_connection_without_a_byte_is_closed_in_silence(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "HEAD_S", 0.2)
    with server.connect() as client:
        assert client.recv(1) == b""


@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"DELETE", b"PUT"])
@pytest.mark.parametrize(
    "framing", [b"Content-Length: 9", b"Transfer-Encoding: chunked", b"Content-Length: 99999999"]
)
def test_a_body_that_no_handler_reads_is_not_waited_for(
    server: Server, method: bytes, framing: bytes
) -> None:
    with server.connect() as client:
        client.sendall(method + b" / HTTP/1.1\r\nHost: localhost\r\n" + framing + b"\r\n\r\n")
        response = answer(client)
        assert (response.status, response.headers["Connection"]) == (200, "close")


def test_what_is_sent_after_the_last_response_is_dropped_within_bounds(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "LINGER_S", 0.5)
    begun = time.monotonic()
    with connected(server, GET.replace(b"Host", b"Connection: close\r\nHost"), MANY) as clients:
        for client in clients:
            assert answer(client).status == http.client.OK
        assert answered(server) < under_load(1), (
            "a client that does not close its end holds the loop up"
        )
        eventually(lambda: not server.worker.waiting)
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 11\r\n\r\nhello world",
        CHUNKED.removeprefix(POST) + b"6;a=b\r\nhello \r\n5\r\nworld\r\n0\r\nX-Sum: 1\r\n\r\n",
    ],
    ids=["length", "chunked"],
)
def test_a_request_in_pieces_is_answered_and_the_next_one_too(
    server: Server, framing: bytes
) -> None:
    with server.connect() as client:
        for byte in POST + framing:
            client.sendall(bytes([byte]))
        assert answer(client).read() == b"hello world"
        client.sendall(GET)
        assert answer(client).status == http.client.OK


def test_requests_that_come_together_are_answered_one_after_the_other(server: Server) -> None:
    chunked = CHUNKED + b"3\r\nabc\r\n0\r\n\r\n"
    last = GET.replace(b"Host", b"Connection: close\r\nHost")
    with server.connect() as client:
        client.sendall(chunked + POST + b"Content-Length: 2\r\n\r\nhi" + chunked + last)
        with client.makefile("rb") as answers:
            text = answers.read()
    assert text.count(b"HTTP/1.1 200 OK") == 4
    bodies = [part.split(b"HTTP/1.1")[0] for part in text.split(b"\r\n\r\n")[1:]]
    assert bodies == [b"abc", b"hi", b"abc", b""]


def test_a_client_that_expects_it_is_told_to_continue_once(server: Server) -> None:
    with server.connect() as client:
        client.sendall(HALVES["an expectation"].replace(b"99", b"5"))
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"he")
        client.sendall(b"llo")
        assert answer(client).read() == b"hello"


@pytest.mark.parametrize("length", [b"2000001", b"999999999999"])
def test_a_client_is_not_told_to_continue_with_a_body_that_is_refused(
    server: Server, length: bytes
) -> None:
    with server.connect() as client:
        client.sendall(HALVES["an expectation"].replace(b"99", length))
        assert client.recv(12) == b"HTTP/1.1 200", "the application decides, without the body"


@pytest.mark.parametrize(
    ("request_", "status", "words"),
    [
        (CHUNKED + b"zz\r\n", 400, "hexadecimal"),
        (CHUNKED + b"-b\r\n", 400, "hexadecimal"),
        (CHUNKED + b"1;" + b"a" * 1_000_000, 400, "longer than 256 bytes"),
        (CHUNKED + b"3\r\nabcde", 400, "longer than its size"),
        (CHUNKED + b"0\r\n" + b"a: b\r\n" * 40_000, 400, "trailer"),
        (CHUNKED + b"1fffff\r\n", 413, "larger than the limit"),
        (CHUNKED + b"1\r\na\r\n" * 60_000, 413, "too many small chunks"),
        (b"GET /" + b"a" * 5_000 + b" HTTP/1.1\r\n\r\n", 414, "too long"),
        (b"GET /" + b"a" * 50_000, 414, "too long"),
        (GET[:-2] + b"a: b\r\n" * 101 + b"\r\n", 431, "at most 100"),
        (GET[:-2] + b"a: " + b"b" * 9_000 + b"\r\n\r\n", 431, "at most 100"),
        (GET[:-2] + b"a: b\r\n" * 40_000, 431, "32,768 bytes in all"),
        (b"GET / HTTP/1.1\nHost: localhost\n\n", 400, "request line"),
        (b"GET  HTTP/1.1\r\n\r\n", 400, "request line"),
        (b"GET / HTTP/3.0\r\n\r\n", 400, "version"),
        (b"GET / HTTP/1.1\r\nHost localhost\r\n\r\n", 400, "header field"),
        (b"GET / HTTP/1.1\r\n\r\n", 400, "no Host field"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, "header field"),
        (POST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", 400, "header field"),
        (POST + b"Transfer-Encoding: br, chunked\r\n\r\n", 501, "transfer coding"),
        (POST + b"Expect: tea\r\n\r\n", 417, "expectation"),
        (GET.replace(b"/ ", b"/fail "), 500, "unexpected"),
    ],
)
def test_what_is_malformed_is_refused_with_a_sentence(
    server: Server, request_: bytes, status: int, words: str
) -> None:
    with server.connect() as client:
        with contextlib.suppress(ConnectionError):
            client.sendall(request_)
        found, detail = problem(client)
    assert found == status
    assert words in detail


def test_what_waits_is_bounded_in_bytes_and_the_largest_gives_way(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "HELD_LIMIT_BYTES", 4_000_000)
    large = POST + b"Content-Length: 900000\r\n\r\n" + b"a" * 800_000
    with connected(server, HALVES["half a body"], 1) as small, connected(server, large, 20) as all_:
        refused = answer(select.select(all_, [], [], EVENTUALLY_S)[0][0])
        assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
        with server.connect() as last:
            last.sendall(POST + b"Content-Length: 2\r\n\r\nhi")
            assert answer(last).read() == b"hi"
        # The loop may be about to make room for what it has just read.
        assert server.worker.held <= 4_000_000 + worker.READ_BYTES
        small[0].sendall(b"a" * 96)
        assert answer(small[0]).status == http.client.OK
    eventually(lambda: server.worker.held == 0)


def test_responses_that_nobody_reads_are_bounded_in_bytes_and_hold_no_thread(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "UNREAD_LIMIT_BYTES", 4_000_000)
    large = GET.replace(b"/ ", b"/large ")
    with contextlib.ExitStack() as stack:
        for _ in range(4 * THREADS):
            client = stack.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
            client.connect(("127.0.0.1", server.port))
            client.sendall(large)
        eventually(lambda: server.worker.nr == 4 * THREADS)
        eventually(lambda: 0 < server.worker.nr_conns == len(server.worker.waiting) < 16)
        waiting = tuple(server.worker.waiting)
        assert sum(worker.unread_bytes(conn.sock) for conn in waiting) <= 4_000_000
        assert answered(server) < under_load(1)
        with server.connect() as reader:
            reader.sendall(large)
            assert len(answer(reader).read()) == LARGE_BYTES


def test_the_kernel_disconnects_a_client_that_takes_nothing(server: Server) -> None:
    with connected(server, b"", 1):
        eventually(lambda: len(server.worker.waiting) == 1)
        (conn,) = server.worker.waiting
        timeout = conn.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
    assert timeout == worker.STALLED_S * 1_000


def test_small_requests_are_read_while_large_ones_hold_the_memory(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "HELD_LIMIT_BYTES", 4_000_000)
    RELEASED.clear()
    large = POST.replace(b"/ ", b"/hold ") + b"Content-Length: 999900\r\n\r\n" + b"a" * 999_900
    halves = [HALVES["half a body"], HALVES["half a head"]]
    with connected(server, large, 4) as all_, connected(server, halves[0], 5) as small:
        refused = select.select(all_, [], [], EVENTUALLY_S)[0][0]
        assert answer(refused).status == http.client.SERVICE_UNAVAILABLE
        with connected(server, halves[1], 5) as heads:
            assert answered(server) < under_load(1)
            for client in heads:
                client.sendall(b"host\r\n\r\n")
                assert answer(client).status == http.client.OK
        for client in small:
            client.sendall(b"a" * 96)
            assert answer(client).status == http.client.OK
        RELEASED.set()
        for client in set(all_) - {refused}:
            assert answer(client).status == http.client.OK


def test_where_connections_run_out_those_who_wait_give_way(server: Server) -> None:
    server.worker.worker_connections = 50
    with connected(server, HALVES["half a head"], 200):
        assert answered(server) < under_load(1)
        assert server.worker.nr_conns <= 50


@pytest.mark.parametrize("half", ["nothing", "half a head", "half a body"])
def test_a_connection_without_a_request_gives_way_before_one_with_a_request(
    server: Server, half: str
) -> None:
    server.worker.worker_connections = 20
    with connected(server, GET, 18) as idle:
        for client in idle:
            answer(client).read()
        eventually(lambda: len(server.worker.waiting) == 18)
        with connected(server, HALVES[half], 1) as asking, connected(server, b"", 6):
            eventually(lambda: sum(map(closed, idle)) >= 6, within_s=under_load(5))
            assert not closed(asking[0]), "the newest gave way"
            assert sum(map(closed, idle)) == 6


def closed(client: socket.socket) -> bool:
    """Whether the server has ended the connection."""
    is_readable = bool(select.select([client], [], [], 0)[0])
    return is_readable and client.recv(1, socket.MSG_PEEK) == b""


def test_a_connection_is_counted_until_it_is_closed(server: Server) -> None:
    for sent in (*HALVES.values(), GET, CHUNKED + b"zz\r\n", b"\n", GET * 5):
        with connected(server, sent, 5):
            pass
    eventually(lambda: server.worker.nr_conns == 0)
    assert (server.worker.held, len(server.worker.waiting)) == (0, 0)
