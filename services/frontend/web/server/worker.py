"""The gunicorn worker that `porta web` runs: threads, which nobody can hold by being slow.

- A request gets a thread when it has arrived, not before: what is half-sent waits in the main
  loop, and is closed when it has not arrived within `ARRIVAL_S` (docs/adr/0095).
- Who sends a large body or reads an answer, and moves nothing for `STALLED_S`, is closed.
- Event streams end as soon as it is told to stop.
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
STALLED_S: Final = 20  # without a byte taken or given, while a thread waits for it
LOOKED_AT: Final = 32_768  # bytes: well within what a socket buffers by default
HEAD_END: Final = b"\r\n\r\n"
NOBODY_THERE: Final = (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK)
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,9})[ \t]*\r\n", re.IGNORECASE)
_EXPECT: Final = re.compile(rb"\r\nexpect:", re.IGNORECASE)  # its body waits for our answer


class PortaWorker(ThreadWorker):  # type: ignore[misc] # gunicorn is not annotated
    """A `gthread` worker that waits for requests in its main loop."""

    def accept(self, listener: socket.socket) -> None:
        """Take a connection, and wait for its request."""
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno not in NOBODY_THERE:
                raise
            return
        self.nr_conns += 1
        _bound(client)
        self._wait_for_request(TConn(self.cfg, client, address, listener.getsockname()))

    def on_client_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """Hand on a further request of a connection that was kept, or wait for the rest of it."""
        if has_arrived(_seen(client)):  # as nearly all have: one look less for each
            super().on_client_socket_readable(conn, client)
            return
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._wait_for_request(conn)

    def on_pending_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """Hand a request to a thread if it has arrived, else wait for more of it."""
        seen = _seen(client)
        if seen and not has_arrived(seen):
            _wake_at(client, len(seen) + 1)
            return
        _wake_at(client, 1)
        super().on_pending_socket_readable(conn, client)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop; runs in the signal handler, hence the detour over the main loop.

        gunicorn calls none of its hooks when SIGTERM arrives, but waits for open responses.
        """
        super().handle_exit(sig, frame)
        self.method_queue.defer(self.app.close_streams)

    def _wait_for_request(self, conn: Any) -> None:  # noqa: ANN401 - gunicorn is not annotated
        conn.timeout = monotonic() + ARRIVAL_S
        self.pending_conns.append(conn)  # in the order of their deadlines
        ready = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, EVENT_READ, ready)


def has_arrived(seen: bytes) -> bool:
    r"""Whether a thread can go on with what there is of a request, without waiting for more.

    >>> has_arrived(b"GET / HTTP/1.1"), has_arrived(b"GET / HTTP/1.1\r\n\r\n")
    (False, True)
    >>> has_arrived(b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{")
    False
    """
    end = seen.find(HEAD_END)
    if end < 0:
        return len(seen) >= LOOKED_AT  # refused for its length
    head = seen[: end + 2]
    length = _LENGTH.search(head)
    if length is None or _EXPECT.search(head):
        return True
    if int(length[1]) > BODY_LIMIT_BYTES:
        return True  # refused for what it announces, without waiting for it
    return len(seen) >= min(LOOKED_AT, end + len(HEAD_END) + int(length[1]))


def _seen(client: socket.socket) -> bytes:
    """Return what has come and was not read; nothing where the connection has ended."""
    try:
        return client.recv(LOOKED_AT, socket.MSG_PEEK)
    except OSError:  # whoever reads finds the same, and closes
        return b""


def _bound(client: socket.socket) -> None:
    """Have the system end each wait of a thread for this client (gunicorn sets no timeout)."""
    at_most = struct.pack("ll", STALLED_S, 0)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, at_most)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, at_most)


def _wake_at(client: socket.socket, count: int) -> None:
    """Have a socket count as readable when so many bytes are there, or its end: socket(7)."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, count)
