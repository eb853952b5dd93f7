"""What a process has made lately, kept so that whoever asks next finds it made.

- Bounded by bytes and by number; what was not asked for for the longest time goes first.
- Threads that ask for the same thing at the same time make it once.
- Only for what is determined by its name and so right for ever; whether it may be given away is
  asked of Redis each time, by whoever uses this.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SingleFlightCache"]

MOST: Final = 512  # their sizes are added up with each new one

T = TypeVar("T")


class SingleFlightCache(Generic[T]):
    """A thread-safe cache by name; `size` tells the bytes of one, which may change."""

    def __init__(self, budget_bytes: int, size: Callable[[T], int]) -> None:
        self._budget_bytes = budget_bytes
        self._size = size
        self._kept: OrderedDict[str, T] = OrderedDict()
        self._lock = threading.Lock()
        self._making: dict[str, threading.Lock] = {}

    def get(self, name: str, make: Callable[[], T]) -> T:
        """Return what has this name, made now if need be; what `make` raises is raised."""
        kept = self._look(name)
        if kept is not None:
            return kept
        with self._lock:
            making = self._making.setdefault(name, threading.Lock())
        with making:
            kept = self._look(name)
            if kept is None:
                try:
                    kept = make()
                    self._keep(name, kept)
                finally:
                    with self._lock:
                        self._making.pop(name, None)
        return kept

    def forget(self, name: str) -> None:
        """Drop one, because it was removed or could not be honoured."""
        with self._lock:
            self._kept.pop(name, None)

    def _look(self, name: str) -> T | None:
        with self._lock:
            if name in self._kept:
                self._kept.move_to_end(name)
            return self._kept.get(name)

    def _keep(self, name: str, made: T) -> None:
        with self._lock:
            self._kept[name] = made
            while len(self._kept) > 1 and (len(self._kept) > MOST or self._is_too_much()):
                self._kept.popitem(last=False)

    def _is_too_much(self) -> bool:
        return sum(map(self._size, self._kept.values())) > self._budget_bytes
