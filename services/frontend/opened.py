"""The propagations that a process has opened lately, so that the next reader finds them open.

- Bounded by bytes; the one that was not read for the longest time goes first.
- Threads that ask for the same one at the same time open it once.
- What is kept is right for ever, since a propagation is determined by its request; whether it
  may be served is asked of Redis each time, by whoever uses this.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.engine import Propagation

__all__ = ["OpenedPropagations"]

BUDGET_BYTES: Final = 256 * 2**20


class OpenedPropagations:
    """A thread-safe cache of open propagations by their ids."""

    def __init__(self, budget_bytes: int = BUDGET_BYTES) -> None:
        self._budget_bytes = budget_bytes
        self._kept: OrderedDict[str, Propagation] = OrderedDict()
        self._lock = threading.Lock()
        self._opening: dict[str, threading.Lock] = {}

    def get(self, propagation_id: str, make: Callable[[], Propagation]) -> Propagation:
        """Return the open propagation, made now if need be; what `make` raises is raised."""
        kept = self._look(propagation_id)
        if kept is not None:
            return kept
        with self._lock:
            opening = self._opening.setdefault(propagation_id, threading.Lock())
        with opening:
            kept = self._look(propagation_id)
            if kept is None:
                try:
                    kept = make()
                    self._keep(propagation_id, kept)
                finally:
                    with self._lock:
                        self._opening.pop(propagation_id, None)
        return kept

    def forget(self, propagation_id: str) -> None:
        """Drop one, because its result was removed or could not be honoured."""
        with self._lock:
            self._kept.pop(propagation_id, None)

    def _look(self, propagation_id: str) -> Propagation | None:
        with self._lock:
            if propagation_id in self._kept:
                self._kept.move_to_end(propagation_id)
            return self._kept.get(propagation_id)

    def _keep(self, propagation_id: str, propagation: Propagation) -> None:
        with self._lock:
            self._kept[propagation_id] = propagation
            while len(self._kept) > 1 and self._bytes() > self._budget_bytes:
                self._kept.popitem(last=False)

    def _bytes(self) -> int:
        return sum(one.nbytes for one in self._kept.values())
