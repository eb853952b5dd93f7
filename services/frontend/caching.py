"""A cache of values that this process made: each is made once, however many threads ask for it.

- Bounded by bytes and by number; the least recently used value goes first.
- The budgets hold for all processes of a web together: each has its part (`divide_between`).
- Only for values that their name determines, which are right for ever. Whether a value may be
  served is asked of Redis each time, by the caller.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from functools import wraps
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

__all__ = ["SingleFlightCache", "divide_between", "remembered"]

MOST: Final = 512  # values; their sizes are added up with each new one

_processes = 1

T = TypeVar("T")
Key = TypeVar("Key", bound="Hashable")


def divide_between(processes: int) -> None:
    """Say how many processes of this web share the budgets of all caches."""
    global _processes  # noqa: PLW0603 - a fact about this process, told once at its start
    _processes = processes


def remembered(
    budget_bytes: int, size: Callable[[T], int]
) -> Callable[[Callable[[Key], T | None]], Callable[[Key], T | None]]:
    """Make a function remember its latest results, but not None, within a budget.

    `size` returns the bytes of a result, with those of its argument.
    """
    cache: SingleFlightCache[T] = SingleFlightCache(budget_bytes, size)

    def decorate(function: Callable[[Key], T | None]) -> Callable[[Key], T | None]:
        @wraps(function)
        def remembering(key: Key) -> T | None:
            value = cache.find(key)
            if value is None:
                value = function(key)
                if value is not None:
                    cache.keep(key, value)
            return value

        return remembering

    return decorate


class SingleFlightCache(Generic[T]):
    """A thread-safe cache by name; `size` returns the bytes of a value, which may change."""

    def __init__(self, budget_bytes: int, size: Callable[[T], int]) -> None:
        self._budget_bytes = budget_bytes
        self._size = size
        self._values: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = threading.Lock()
        self._in_flight: dict[Hashable, threading.Lock] = {}

    def get(self, name: Hashable, make: Callable[[], T]) -> T:
        """Return the value with this name, made now if need be; raises what `make` raises."""
        value = self.find(name)
        if value is not None:
            return value
        with self._lock:
            in_flight = self._in_flight.setdefault(name, threading.Lock())
        with in_flight:
            value = self.find(name)
            if value is None:
                try:
                    value = make()
                    self.keep(name, value)
                finally:
                    with self._lock:
                        self._in_flight.pop(name, None)
        return value

    def find(self, name: Hashable) -> T | None:
        """Return the value with this name if it is here."""
        with self._lock:
            if name in self._values:
                self._values.move_to_end(name)
            return self._values.get(name)

    def keep(self, name: Hashable, value: T) -> None:
        """Keep a value that the caller has made."""
        with self._lock:
            self._values[name] = value
            while len(self._values) > 1 and (len(self._values) > MOST or self._is_over_budget()):
                self._values.popitem(last=False)

    def forget(self, name: Hashable) -> None:
        """Drop a value that was removed, or that contradicts what is stored."""
        with self._lock:
            self._values.pop(name, None)

    def _is_over_budget(self) -> bool:
        return sum(map(self._size, self._values.values())) > self._budget_bytes // _processes
