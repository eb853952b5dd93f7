"""The admission of a process: who may compute now, and who may hold memory for a response.

- What computes takes a *turn*, one at a time for each core: computing a small propagation, a
  figure, one piece of a file. A response that is written piece by piece holds no turn while its
  reader is slow.
- What holds memory while it is written takes a *place*, as large as the bytes that it holds.
- Both are shared fairly between clients (fair_gate.py). A request that waits for too long, or comes
  where too many wait already, gets Busy: a 503 with Retry-After.

An expensive read registers with `with admission.admit(cost_s):`, or with `admission.stream(...)` if
its response is made piece by piece.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from math import inf
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Final, TypeVar

from frontend.admission.current_client import CURRENT_CLIENT
from frontend.admission.fair_gate import FairGate, Flow
from frontend.admission.process_memory import give_back

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

__all__ = ["PIECE_S", "Admission"]

QUICK_S: Final = 0.1  # a turn of more keeps to the cores, and leaves one turn to those of less
PIECE_S: Final = 0.02  # a piece of a file: 8,192 rows of text, 32,768 of Parquet
SMALL_BYTES: Final = 2**20  # a file of some 10,000 records
RESERVED: Final = 16  # a sixteenth of the memory is kept for small files
TRIMMED_BYTES: Final = 2**20  # freeing less changes nothing

T = TypeVar("T")


class _Turn:
    """A turn of a thread: it ends with what it has taken, not with what was estimated."""

    def __init__(self, gate: FairGate, flow: Flow, cost_s: float, *, is_first: bool) -> None:
        self._gate = gate
        self._flow = flow
        self._begin(cost_s, is_first=is_first)

    def _begin(self, cost_s: float, *, is_first: bool) -> None:
        self._permit = self._gate.take(self._flow, 1, cost_s, is_first=is_first)
        self._began = perf_counter()

    def end(self) -> None:
        self._gate.release(self._permit, cost=perf_counter() - self._began)

    def renew(self) -> None:
        """Let others go first if it is their turn."""
        if self._gate.is_contended:
            self.end()
            self._begin(PIECE_S, is_first=False)


class Admission:
    """The turns and places of one process.

    `memory` in bytes is what responses may hold together; at most `waiters` threads wait for a
    turn, as many for a place, and as many responses have a place.
    """

    def __init__(self, *, memory: int, waiters: int, cores: int | None = None) -> None:
        self.memory = memory
        self._least = memory // waiters
        small_bytes = max(SMALL_BYTES, self._least)
        self._turns = FairGate(
            (cores or _cores()) + 1,
            reserve=1,
            small=lambda permit: permit.cost <= QUICK_S,
            waiters=waiters,
        )
        self._places = FairGate(
            memory,
            reserve=max(memory // RESERVED, self._least),
            small=lambda permit: permit.amount <= small_bytes,
            waiters=waiters,
        )
        self._of_thread = threading.local()

    @contextmanager
    def admit(self, cost_s: float, *, held_bytes: int = 0) -> Iterator[None]:
        """Compute for about so many seconds, when it is the caller's turn; raises Busy.

        What takes much memory meanwhile says how much, and has a place for it. Within a turn it is
        free.
        """
        if self._turn is not None:
            yield
            return
        client = CURRENT_CLIENT.get()()
        place = self._places.take(Flow(client), held_bytes, held_bytes) if held_bytes else None
        try:
            with self._in_turn(Flow(client), cost_s, is_first=True):
                yield
        finally:
            if place is not None:
                self._places.release(place)
            if place is not None or cost_s > QUICK_S:
                give_back()

    def stream(
        self,
        prepare: Callable[[], Iterator[T]],
        *,
        held_bytes: int,
        disconnect: Callable[[], None] | None = None,
    ) -> Generator[T]:
        """Yield the pieces of a response that holds so many bytes, each made in a turn of its own.

        `prepare` returns them, and is called once there is a place for all that it holds. Raises
        Busy, but only before the first piece. `disconnect` is called to end the response if its
        reader is slow while others wait.
        """
        return self._stream(
            CURRENT_CLIENT.get()(), prepare, max(held_bytes, self._least), disconnect
        )

    def _stream(
        self,
        client: str,
        prepare: Callable[[], Iterator[T]],
        held_bytes: int,
        disconnect: Callable[[], None] | None,
    ) -> Generator[T]:
        flow, is_first = Flow(client), True
        place = self._places.take(Flow(client), held_bytes, held_bytes, disconnect=disconnect)
        pieces: Iterator[T] = iter(())
        try:
            pieces = prepare()
            while True:
                with self._in_turn(flow, PIECE_S, is_first=is_first):
                    piece = next(pieces, None)
                if piece is None:
                    return
                is_first = False
                place.idle_since = monotonic()
                yield piece
                place.idle_since = inf
        finally:
            _close(pieces)
            del pieces
            self._places.release(place)
            if held_bytes >= TRIMMED_BYTES:
                give_back()

    def taking_turns(self, batches: Iterable[T]) -> Iterator[T]:
        """Yield the batches that one piece is made of; between them others may have their turn."""
        for batch in batches:
            yield batch
            if self._turn is not None:
                self._turn.renew()

    @property
    def _turn(self) -> _Turn | None:
        turn: _Turn | None = getattr(self._of_thread, "turn", None)
        return turn

    @contextmanager
    def _in_turn(self, flow: Flow, cost_s: float, *, is_first: bool) -> Iterator[None]:
        self._of_thread.turn = _Turn(self._turns, flow, cost_s, is_first=is_first)
        try:
            yield
        finally:
            self._of_thread.turn.end()
            self._of_thread.turn = None


def _cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _close(pieces: Iterator[object]) -> None:
    """End a generator, which may hold a slice."""
    close = getattr(pieces, "close", None)
    if close is not None:
        close()
