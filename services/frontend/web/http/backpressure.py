"""Work for one response is done only while its client is connected.

Decimation reads a whole window before it yields its first record: 15 s for 1e8 steps. Without a
check, a client that has left would be noticed only when that record is written; and anyone may
send such requests, since reading needs no principal.
"""

from __future__ import annotations

import errno
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["SENT_BYTES", "hang_up", "limit_buffer", "while_read"]

SENT_BYTES: Final = 2**19  # waiting to be acknowledged: 5 MB/s at 100 ms. Linux' own limit is 4 MB

T = TypeVar("T")


def while_read(pieces: Iterable[T], client: socket.socket | None) -> Iterator[T]:
    """Yield the pieces; raises BrokenPipeError once the client has closed its connection."""
    for piece in pieces:
        if client is not None and _has_left(client):
            raise BrokenPipeError(errno.EPIPE, "the client has closed the connection")
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


def _has_left(client: socket.socket) -> bool:
    try:
        return client.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:  # connected, and silent
        return False
    except OSError:
        return True
