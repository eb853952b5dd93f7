"""Work for one response is done only while its client is connected.

Decimation reads a whole window before it yields its first record: 15 s for 1e8 steps. Without a
check, a client that has left would be noticed only when that record is written; and anyone may
send such requests, since reading needs no principal.

A client that only ends its own side looks the same until something is written to it. So that counts
only before the response begins, when the client can still be told; afterwards a reset does.
"""

from __future__ import annotations

import errno
import select
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["SENT_BYTES", "Reader", "hang_up", "limit_buffer"]

SENT_BYTES: Final = 2**19  # waiting to be acknowledged: 5 MB/s at 100 ms. Linux' own limit is 4 MB

LEFT: Final = "The connection was closed while this was computed; keep it open."

T = TypeVar("T")


class Reader:
    """The client of one response."""

    def __init__(self, client: socket.socket | None) -> None:
        self._client = client
        self.has_begun = False
        """Whether the response has."""

    def while_read(self, pieces: Iterable[T]) -> Iterator[T]:
        """Yield the pieces; raises BrokenPipeError once the client has left."""
        for piece in pieces:
            left = _is_reset if self.has_begun else _has_ended
            if self._client is not None and left(self._client):
                raise BrokenPipeError(errno.EPIPE, LEFT)
            yield piece


def hang_up(client: socket.socket | None) -> Callable[[], None] | None:
    """Return how another thread ends the connection of a client; None where it is not known."""
    if client is None:
        return None

    def shut_down() -> None:
        with suppress(OSError):  # the client has left
            client.shutdown(socket.SHUT_RDWR)

    return shut_down


def limit_buffer(client: socket.socket | None) -> None:
    """Limit what the kernel holds for a reader that is slow: it counts against a pod's memory."""
    if client is not None:
        with suppress(OSError):  # the client has left
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SENT_BYTES)


def _is_reset(client: socket.socket) -> bool:
    """Return whether it has refused what was written to it."""
    poll = select.poll()
    poll.register(client, 0)  # a reset and the end of both sides are reported without being named
    return bool(poll.poll(0))


def _has_ended(client: socket.socket) -> bool:
    try:
        return client.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:  # connected, and silent
        return False
    except OSError:
        return True
