"""How much a verification recomputes: all of it, or as much as takes about a second."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    T = TypeVar("T")

__all__ = ["Effort", "sampled"]

_SOON_S: Final = 1.0
_CHAIN_S: Final = 10.0  # to integrate up to what a sample is taken from
_LEAST: Final = 3  # of a sample: the first, the last, one between
_MOST_WORK: Final = 10**15  # steps of two agents: a month of a core


def _ignore(_done: float) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """Whether to recompute `everything`, whatever it takes; else a sample of `soon_s` seconds.

    A sample is taken from what can be reached within `chain_s` seconds. What needs more than
    `most_work` (`sim.cost_model.work`) is not verified at all. `on_progress` is told which part of
    the work is done, from 0 to 1.
    """

    everything: bool = False
    soon_s: float = _SOON_S
    chain_s: float = _CHAIN_S
    most_work: float = _MOST_WORK
    on_progress: Callable[[float], None] = _ignore

    def takes_all(self, seconds: float) -> bool:
        """Whether what takes so long is recomputed as a whole."""
        return self.everything or seconds <= self.soon_s

    def count(self, unit_s: float, there_are: int) -> int:
        """Return how many units of a sample are looked at, of which each takes so long."""
        return min(there_are, max(_LEAST, int(self.soon_s / max(unit_s, 1e-9))))


def sampled(units: Sequence[T], count: int, salt: str) -> list[T]:
    """Return so many of the units, the first and the last among them, always the same ones.

    One of each of `count` equal parts, chosen by a hash of the salt.

    >>> sampled(range(100), 4, "500"), sampled("abc", 5, "")
    ([0, 47, 73, 99], ['a', 'b', 'c'])
    """
    size = len(units)
    if count >= size:
        return list(units)
    bounds = [part * size // count for part in range(count + 1)]
    chosen = [
        start + _hash(f"{salt}/{part}") % (stop - start)
        for part, (start, stop) in enumerate(itertools.pairwise(bounds))
    ]
    chosen[0] = 0
    if count > 1:
        chosen[-1] = size - 1
    return [units[at] for at in chosen]


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
