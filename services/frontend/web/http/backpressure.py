"""Work that is done for one reader: as long as there is one, and for a few at a time.

Thinning reads a whole window before it gives its first record, 15 s for 1e8 steps. A reader who
has left would be noticed only when that is written, and whoever asks is not asked who they are.
"""

from __future__ import annotations

import errno
import socket
import threading
from typing import TYPE_CHECKING, Final, TypeVar

from frontend.errors import Busy

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

__all__ = ["few_at_a_time", "while_read"]

AT_A_TIME: Final = 8  # in one process: each may hold 64 MB (sim.export.decimation)
RETRY_AFTER_S: Final = 5

T = TypeVar("T")

_free = threading.BoundedSemaphore(AT_A_TIME)


def few_at_a_time(pieces: Iterator[T]) -> Generator[T]:
    """Give what `pieces` gives, unless too many others do so at the moment; then raise Busy."""
    if not _free.acquire(blocking=False):
        raise Busy(retry_after_s=RETRY_AFTER_S)
    try:
        yield from pieces
    finally:
        _free.release()


def while_read(pieces: Iterable[T], client: socket.socket | None) -> Iterator[T]:
    """Give what `pieces` gives until the client has hung up; then raise BrokenPipeError."""
    for piece in pieces:
        if client is not None and _has_left(client):
            raise BrokenPipeError(errno.EPIPE, "whoever asked has left")
        yield piece


def _has_left(client: socket.socket) -> bool:
    try:
        return client.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:  # silent, but there
        return False
    except OSError:
        return True
