"""How much a verification recomputes: all of it, or as much as takes about a second."""

from __future__ import annotations

import hashlib
import itertools
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    T = TypeVar("T")

__all__ = ["MOST_WORK", "Effort"]

_SOON_S: Final = 1.0
_CHAIN_S: Final = 10.0  # to integrate up to what a sample is taken from
_LEAST: Final = 3  # of a sample: the first, the last, one between
MOST_WORK: Final = 10**15
"""Steps of two agents, a month of a core: PORTA_MAX_WORK can be no higher."""


_SEEDS: Final = 2**32


def _ignore(_done: float) -> None:
    pass


def _drawn() -> int:
    return secrets.randbelow(_SEEDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """Whether to recompute `everything`, whatever it takes; else a sample of `soon_s` seconds.

    A sample is taken from what can be reached within `chain_s` seconds. It is another one each
    time, so that a file can't be altered beside it; `seed` is drawn, and draws the same one again
    where it is given. What needs more than `most_work` (`sim.cost_model.work`) is not verified at
    all. `on_progress` is told which part of the work is done, from 0 to 1.
    """

    everything: bool = False
    soon_s: float = _SOON_S
    chain_s: float = _CHAIN_S
    most_work: float = MOST_WORK
    on_progress: Callable[[float], None] = _ignore
    seed: int = field(default_factory=_drawn)

    def takes_all(self, seconds: float) -> bool:
        """Whether what takes so long is recomputed as a whole."""
        return self.everything or seconds <= self.soon_s

    def count(self, unit_s: float, there_are: int) -> int:
        """Return how many units of a sample are looked at, of which each takes so long."""
        return min(there_are, max(_LEAST, int(self.soon_s / max(unit_s, 1e-9))))

    def sampled(self, units: Sequence[T], count: int, of: str) -> list[T]:
        """Return so many of the units of a result, the first and the last among them.

        One of each of `count` equal parts, chosen by a hash of the seed and of the result's id.

        >>> Effort(seed=1).sampled(range(100), 4, "500"), Effort().sampled("abc", 5, "")
        ([0, 41, 59, 99], ['a', 'b', 'c'])
        """
        size = len(units)
        if count >= size:
            return list(units)
        bounds = [part * size // count for part in range(count + 1)]
        chosen = [
            start + _hash(f"{self.seed}/{of}/{part}") % (stop - start)
            for part, (start, stop) in enumerate(itertools.pairwise(bounds))
        ]
        chosen[0] = 0
        if count > 1:
            chosen[-1] = size - 1
        return [units[at] for at in chosen]

    def share(self, looked_at: int, there_are: int, unit: str) -> str:
        """Return in words which share was recomputed, of a sample with its seed.

        >>> Effort().share(1_000_000, 1_000_000, "record"), Effort().share(1, 1, "record")
        ('all 1,000,000 records', 'all 1 record')
        >>> Effort(seed=7).share(12, 3_840, "interval")
        'a sample: 12 of 3,840 intervals (seed 7)'
        """
        units = f"{unit}{'s' * (there_are != 1)}"
        if looked_at == there_are:
            return f"all {there_are:,} {units}"
        return f"a sample: {looked_at:,} of {there_are:,} {units} (seed {self.seed})"


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
