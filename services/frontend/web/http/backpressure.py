"""Limits on long work for one response: a few at a time, and only while its client is connected.

Decimation reads a whole window before it yields its first record: 15 s for 1e8 steps. Without a
check, a client that has left would be noticed only when that record is written; and anyone may
send such requests, since reading needs no principal.
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
    """Yield the pieces; raises Busy if `AT_A_TIME` responses of this process do so already."""
    if not _free.acquire(blocking=False):
        raise Busy(retry_after_s=RETRY_AFTER_S)
    try:
        yield from pieces
    finally:
        _free.release()


def while_read(pieces: Iterable[T], client: socket.socket | None) -> Iterator[T]:
    """Yield the pieces; raises BrokenPipeError once the client has closed its connection."""
    for piece in pieces:
        if client is not None and _has_left(client):
            raise BrokenPipeError(errno.EPIPE, "the client has closed the connection")
        yield piece


def _has_left(client: socket.socket) -> bool:
    try:
        return client.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:  # connected, and silent
        return False
    except OSError:
        return True
