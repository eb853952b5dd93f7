"""The gunicorn worker of `porta web`: no client holds a thread by sending slowly.

- A request gets a thread when all of it has arrived, however it is framed. Until then the main loop
  reads it, without waiting for anybody (docs/adr/0052).
- It arrives within `REQUEST_S`, its head within `HEAD_S`, or is answered 408.
- What waits is bounded in bytes over all connections: above `HELD_LIMIT_BYTES`, which the processes
  divide between them, the largest are answered 503. A part of it is kept for small ones.
- Where the connections run out, the oldest idle one is closed, else the one whose request began
  first.
- A client that takes no byte of a response for `STALLED_S` is disconnected, also where the kernel
  holds the rest of it. Above `UNREAD_LIMIT_BYTES` of such rests, the oldest are dropped.
- Event streams end as soon as the worker begins to stop.
"""

from __future__ import annotations

import errno
import fcntl
import socket
import struct
import sys
import termios
from contextlib import suppress
from http import HTTPStatus
from operator import attrgetter
from selectors import EVENT_READ
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from gunicorn.http.errors import ParseException
from gunicorn.workers.gthread import ThreadWorker

from frontend.observability import logs
from frontend.web.server.connection import LINGER_S, Connection, Phase
from frontend.web.server.refusals import Refused, overloaded, problem_of, response, too_late

if TYPE_CHECKING:
    from concurrent.futures import Future
    from types import FrameType

__all__ = ["PortaWorker", "unread_bytes"]

HELD_LIMIT_BYTES: Final = 64 * 2**20  # of all requests in memory: 64 of the largest
LEAST_BYTES: Final = 8 * 2**20  # of each process, however many there are
SMALL_BYTES: Final = 4_096  # of a request without a scenario: 40 bytes, and its header fields
RESERVED_SHARE: Final = 1 / 8  # of the limit is for small requests: 2,000 of the largest of them
FREED_SHARE: Final = 1 / 16  # freed at once, so that not every further byte looks for the largest
# Of responses that the kernel holds for clients that do not read, and no thread: a hundred of the
# largest that are not files. Small send buffers would hold threads instead, and slow everybody.
UNREAD_LIMIT_BYTES: Final = 64 * 2**20
READ_BYTES: Final = 32_768  # at a time of one connection: the others have their turn
STALLED_S: Final = 20  # without a byte taken, while a thread waits to send more
SWEEP_S: Final = 0.5  # between two looks at all deadlines
DROP: Final = struct.pack("ii", 1, 0)  # struct linger: what is unread goes with the connection
CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
NO_CLIENT: Final = (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK)

_precedence: Final = attrgetter("precedence")


class PortaWorker(ThreadWorker):  # type: ignore[misc] # gunicorn is not annotated
    """A `gthread` worker that reads requests in its main loop."""

    def __init__(self, *args: Any) -> None:  # noqa: ANN401 - gunicorn is not annotated
        super().__init__(*args)
        self.waiting: set[Connection] = set()  # in the main loop
        self.held = 0  # bytes of requests, of those with a thread too
        self.unread = 0  # bytes of responses, as they were counted last
        self._swept = 0.0

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection, and wait for its request."""
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno not in NO_CLIENT:
                raise
            return
        self.nr_conns += 1
        if self.nr_conns >= self.worker_connections and self.waiting:
            self._close(min(self.waiting, key=_precedence))
        _limit_sending(client)
        self._wait(Connection(self.cfg, client, address, listener.getsockname()))

    def finish_request(self, conn: Connection, future: Future[bool]) -> None:
        """Take a connection back from its thread: for a further request, or to end it."""
        self.unread += unread_bytes(conn.sock)
        self._take_back(conn, future)
        if self.unread > self._part(UNREAD_LIMIT_BYTES):
            self._drop_unread()

    def _take_back(self, conn: Connection, future: Future[bool]) -> None:
        if future.cancelled() or future.exception() is not None or not future.result():
            self._count(conn, 0)
            self._linger(conn)
            return
        rest = conn.expect_request(self.cfg.keepalive)
        self._count(conn, 0)
        self._wait(conn)
        if rest:
            self._receive(conn, rest)

    def murder_pending(self) -> None:
        """Close the connections whose deadline has passed; the main loop calls this."""
        now = monotonic()
        if now < self._swept + SWEEP_S:
            return
        self._swept = now
        latest = now + (LINGER_S if not self.alive else self.cfg.keepalive)
        for conn in tuple(self.waiting):
            conn.deadline = min(conn.deadline, latest)
            if conn.deadline <= now:
                self._expire(conn)

    def handle_error(
        self, _request: object, client: socket.socket, _peer: object, error: Exception
    ) -> None:
        """Answer a request that failed outside the application, in its thread."""
        problem = problem_of(error)
        if problem.status is HTTPStatus.INTERNAL_SERVER_ERROR:
            logs.logger(__name__).error("unforeseen", exc_info=error)
        with suppress(OSError):
            client.sendall(response(problem))

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop. This runs in the signal handler, so the main loop ends the streams.

        gunicorn calls none of its hooks on SIGTERM; it waits for open responses.
        """
        super().handle_exit(sig, frame)
        self.method_queue.defer(self.app.close_streams)

    def _wait(self, conn: Connection) -> None:
        conn.sock.settimeout(0)  # its thread has set it to wait
        self.waiting.add(conn)
        self.poller.register(conn.sock, EVENT_READ, lambda _client: self._read(conn))

    def _read(self, conn: Connection) -> None:
        if conn not in self.waiting:
            return  # closed by another event of the same turn
        try:
            data = conn.sock.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data and conn.phase is not Phase.LINGERING:
            self._receive(conn, data)
        elif not data or not conn.drain(data):
            self._close(conn)

    def _receive(self, conn: Connection, data: bytes) -> None:
        try:
            request = conn.receive(data)
        except (Refused, ParseException) as error:
            self._refuse(conn, error)
            return
        except Exception as error:  # noqa: BLE001 - the boundary of the main loop, which others need
            logs.logger(__name__).error("unforeseen", exc_info=error)
            self._refuse(conn, error)
            return
        self._count(conn, conn.arrival.held)
        if self.held > self._limit_for(conn):
            self._free_memory()
        if conn.phase is Phase.LINGERING:
            return
        if request is not None:
            self._forget(conn)
            self.enqueue_req(conn)
        elif conn.arrival.wants_continue:
            conn.arrival.wants_continue = False
            with suppress(OSError):
                conn.sock.send(CONTINUE)

    def _free_memory(self) -> None:
        largest = sorted(self.waiting, key=attrgetter("held"), reverse=True)
        for conn in largest:
            least = self._limit_for(conn) - self._part(HELD_LIMIT_BYTES) * FREED_SHARE
            if self.held <= least or conn.held == 0:
                return
            self._refuse(conn, overloaded())

    def _drop_unread(self) -> None:
        unread = {conn: unread_bytes(conn.sock) for conn in self.waiting}
        self.unread = sum(unread.values())
        for conn in sorted(self.waiting, key=_precedence):
            if self.unread <= self._part(UNREAD_LIMIT_BYTES) * (1 - FREED_SHARE):
                return
            if unread[conn]:
                self.unread -= unread[conn]
                conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, DROP)
                self._close(conn)

    def _expire(self, conn: Connection) -> None:
        if conn.phase in {Phase.HEAD, Phase.BODY}:
            self._refuse(conn, too_late(conn.allowed_s))
        else:
            self._close(conn)

    def _refuse(self, conn: Connection, error: Exception) -> None:
        problem = problem_of(error)
        logs.logger(__name__).info(
            "request refused", status=int(problem.status), peer=conn.client, detail=problem.detail
        )
        with suppress(OSError):  # a response of this size fits into the socket's buffer, or is lost
            conn.sock.send(response(problem))
        self._forget(conn)
        self._count(conn, 0)
        self._linger(conn)

    def _linger(self, conn: Connection) -> None:
        """End our side, and read until the client ends its own; gunicorn would wait for that."""
        conn.linger()
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._close(conn)
        else:
            self._wait(conn)

    def _forget(self, conn: Connection) -> None:
        """Take a connection out of the main loop."""
        self.poller.unregister(conn.sock)
        self.waiting.discard(conn)

    def _close(self, conn: Connection) -> None:
        if conn in self.waiting:
            self._forget(conn)
        self._count(conn, 0)
        self.nr_conns -= 1
        conn.close()

    def _count(self, conn: Connection, held: int) -> None:
        self.held += held - conn.held
        conn.held = held

    def _limit_for(self, conn: Connection) -> float:
        """Return how many bytes all requests may have where one more of this size is held."""
        share = 1 if conn.held <= SMALL_BYTES else 1 - RESERVED_SHARE
        return self._part(HELD_LIMIT_BYTES) * share

    def _part(self, limit_bytes: int) -> int:
        """Return this process' part of what all processes may have."""
        part: int = limit_bytes // self.cfg.workers
        return max(min(LEAST_BYTES, limit_bytes), part)


def _limit_sending(client: socket.socket) -> None:
    """Limit how long a thread waits for a client to take more; gunicorn sets no timeout."""
    timeout = struct.pack("ll", STALLED_S, 0)  # struct timeval: socket(7)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeout)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux: for what no thread waits for
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALLED_S * 1_000)


def unread_bytes(client: socket.socket) -> int:
    """Return how many bytes the kernel holds that the client has not taken."""
    try:
        found = fcntl.ioctl(client, termios.TIOCOUTQ, bytes(4))
    except (OSError, ValueError):  # closed
        return 0
    return int.from_bytes(found, sys.byteorder)
