"""The gunicorn worker of `porta web`: threads that no slow client can hold.

- A request gets a thread once it has arrived. Until then it waits in the main loop, and its
  connection is closed if it has not arrived within `ARRIVAL_S` (docs/adr/0095).
- A client that sends a large body or reads a response, and moves no byte for `STALLED_S`, is
  disconnected.
- Event streams end as soon as the worker begins to stop.
"""

from __future__ import annotations

import errno
import re
import socket
import struct
from functools import partial
from selectors import EVENT_READ
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from gunicorn.workers.gthread import TConn, ThreadWorker

from frontend.web.http.limits import BODY_LIMIT_BYTES

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["PortaWorker", "has_arrived"]

ARRIVAL_S: Final = 10  # for a request's head, and a body that is small
STALLED_S: Final = 20  # without a byte sent or received, while a thread waits for it
PEEKED_BYTES: Final = 32_768  # well within what a socket buffers by default
HEAD_END: Final = b"\r\n\r\n"
NO_CLIENT: Final = (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK)
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,9})[ \t]*\r\n", re.IGNORECASE)
_EXPECT: Final = re.compile(
    rb"\r\nexpect:", re.IGNORECASE
)  # the client sends its body after a response


class PortaWorker(ThreadWorker):  # type: ignore[misc] # gunicorn is not annotated
    """A `gthread` worker that waits for requests in its main loop."""

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection, and wait for its request."""
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno not in NO_CLIENT:
                raise
            return
        self.nr_conns += 1
        _limit_waits(client)
        self._wait_for_request(TConn(self.cfg, client, address, listener.getsockname()))

    def on_client_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """Pass on a further request of a kept connection, or wait for the rest of it."""
        if has_arrived(_peek(client)):  # nearly all have, and this saves a peek
            super().on_client_socket_readable(conn, client)
            return
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._wait_for_request(conn)

    def on_pending_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """Pass a request to a thread if it has arrived, or wait for more of it."""
        seen = _peek(client)
        if seen and not has_arrived(seen):
            _wake_at(client, len(seen) + 1)
            return
        _wake_at(client, 1)
        super().on_pending_socket_readable(conn, client)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop. This runs in the signal handler, so the main loop ends the streams.

        gunicorn calls none of its hooks on SIGTERM; it waits for open responses.
        """
        super().handle_exit(sig, frame)
        self.method_queue.defer(self.app.close_streams)

    def _wait_for_request(self, conn: Any) -> None:  # noqa: ANN401 - gunicorn is not annotated
        conn.timeout = monotonic() + ARRIVAL_S
        self.pending_conns.append(conn)  # in the order of their deadlines
        ready = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, EVENT_READ, ready)


def has_arrived(seen: bytes) -> bool:
    r"""Whether a thread can handle what has arrived of a request, without waiting for more.

    >>> has_arrived(b"GET / HTTP/1.1"), has_arrived(b"GET / HTTP/1.1\r\n\r\n")
    (False, True)
    >>> has_arrived(b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{")
    False
    """
    end = seen.find(HEAD_END)
    if end < 0:
        return len(seen) >= PEEKED_BYTES  # will be refused for its length
    head = seen[: end + 2]
    length = _LENGTH.search(head)
    if length is None or _EXPECT.search(head):
        return True
    if int(length[1]) > BODY_LIMIT_BYTES:
        return True  # will be refused for the length that it announces
    return len(seen) >= min(PEEKED_BYTES, end + len(HEAD_END) + int(length[1]))


def _peek(client: socket.socket) -> bytes:
    """Return what has arrived, without reading it; nothing if the connection has ended."""
    try:
        return client.recv(PEEKED_BYTES, socket.MSG_PEEK)
    except OSError:  # the thread that reads will find the same, and close
        return b""


def _limit_waits(client: socket.socket) -> None:
    """Limit how long a thread waits for this client at a time; gunicorn sets no timeout."""
    timeout = struct.pack("ll", STALLED_S, 0)  # struct timeval: socket(7)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeout)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeout)


def _wake_at(client: socket.socket, count: int) -> None:
    """Make a socket readable once it holds `count` bytes, or its end: SO_RCVLOWAT in socket(7)."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, count)
