"""Sparse histograms side by side: of each of S slices the keys that occur, rising, with counts.

Guarantees: everything is exact, and merging is independent of order and grouping.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sim.kernel.bins import (
    KEY_LIMIT,
    Keys,
    Totals,
    are_in_order,
    count_keys,
    least_of_bins,
    merge_counts,
    merge_least,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.kernel import Integers

__all__ = ["Histograms", "LeastMembers"]

_ROOM: Final = 2**16  # keys that are counted at a time, or one row


@dataclass(frozen=True, slots=True, eq=False)
class Histograms:
    """S histograms: slice s has `keys[offsets[s]:offsets[s + 1]]`, and their `counts`.

    `offsets` int64[S + 1], `keys` uint32[K] (`sim.ensemble.binning`), `counts` uint64[K].
    """

    offsets: Integers
    keys: Keys
    counts: Totals

    @classmethod
    def empty(cls, slices: int) -> Histograms:
        """Return so many without counts."""
        return cls(np.zeros(slices + 1, np.int64), np.zeros(0, np.uint32), np.zeros(0, np.uint64))

    @classmethod
    def counted(cls, keys: Keys) -> Histograms:
        """Count the keys of each row of uint32[S, B], which is sorted in place."""
        keys.sort(axis=-1)
        lengths = np.empty(len(keys), np.int64)
        # Some rows at a time are counted into room for the fullest, so that memory is bounded.
        found, counts = list[Any](), list[Any]()
        rows = max(1, _ROOM // max(1, keys.shape[1]))
        room_keys, room_counts = (
            np.empty(rows * keys.shape[1], dtype) for dtype in (np.uint32, np.uint64)
        )
        for s in range(0, len(keys), rows):
            some = slice(s, s + rows)
            end = count_keys(keys[some], lengths[some], room_keys, room_counts)
            found.append(room_keys[:end].copy())
            counts.append(room_counts[:end].copy())
        return cls(_offsets(lengths), np.concatenate(found), np.concatenate(counts))

    @property
    def lengths(self) -> Integers:
        """How many keys each slice has, int64[S]."""
        return np.diff(self.offsets)

    @property
    def totals(self) -> Totals:
        """The sum of each slice's counts, uint64[S]."""
        sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(self.counts, dtype=np.uint64)])
        return np.diff(sums[self.offsets])

    @property
    def are_possible(self) -> bool:
        """Whether offsets, keys and counts are those of histograms."""
        offsets, size = self.offsets, self.keys.size
        return bool(
            offsets[0] == 0
            and (np.diff(offsets) >= 0).all()
            and offsets[-1] == size == self.counts.size
            and (self.counts > 0).all()
            and are_in_order(offsets, self.keys, KEY_LIMIT)
        )

    def merged(self, other: Histograms) -> Histograms:
        """Return the sums of both, which have as many slices."""
        room = self.keys.size + other.keys.size
        keys, counts = np.empty(room, np.uint32), np.empty(room, np.uint64)
        offsets = np.empty(self.offsets.size, np.int64)
        end = merge_counts(
            self.offsets, self.keys, self.counts,
            other.offsets, other.keys, other.counts,
            offsets, keys, counts,
        )  # fmt: skip
        return Histograms(offsets, keys[:end].copy(), counts[:end].copy())

    def chosen(self, slices: Sequence[int]) -> Histograms:
        """Return some of its slices, in this order."""
        places = [slice(self.offsets[s], self.offsets[s + 1]) for s in slices]
        none = slice(0, 0)
        return Histograms(
            _offsets(self.lengths[list(slices)]),
            np.concatenate([self.keys[none], *(self.keys[place] for place in places)]),
            np.concatenate([self.counts[none], *(self.counts[place] for place in places)]),
        )

    @classmethod
    def joined(cls, parts: Sequence[Histograms]) -> Histograms:
        """Return the slices of all parts, one part after the other."""
        return cls(
            _offsets(np.concatenate([part.lengths for part in parts])),
            np.concatenate([part.keys for part in parts]),
            np.concatenate([part.counts for part in parts]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class LeastMembers:
    """One histogram with the least member number of each bin: `least` int64[K], like `keys`."""

    keys: Keys
    counts: Totals
    least: Integers

    @classmethod
    def counted(cls, keys: Keys, numbers: Integers) -> LeastMembers:
        """Count N members by their keys, uint32[N]; `numbers` int64[N] are theirs."""
        bins, counts = np.unique(keys, return_counts=True)
        least = np.full(bins.size, -1, np.int64)
        least_of_bins(keys, numbers, bins, least)
        return cls(bins, counts.astype(np.uint64), least)

    def merged(self, other: LeastMembers) -> LeastMembers:
        """Return the sums and the least numbers of both."""
        one, two = self._histogram, other._histogram
        both = one.merged(two)
        least = np.full(both.keys.size, -1, np.int64)
        merge_least(self.keys, self.least, both.keys, least)
        merge_least(other.keys, other.least, both.keys, least)
        return LeastMembers(both.keys, both.counts, least)

    def equals(self, other: LeastMembers) -> bool:
        """Whether both have the same bins, counts and members."""
        return (
            np.array_equal(self.keys, other.keys)
            and np.array_equal(self.counts, other.counts)
            and np.array_equal(self.least, other.least)
        )

    @property
    def _histogram(self) -> Histograms:
        return Histograms(np.array([0, self.keys.size], np.int64), self.keys, self.counts)

    @property
    def total(self) -> int:
        """The number of members in it."""
        return int(self.counts.sum())

    def are_possible(self, limit: int) -> bool:
        """Whether these are a histogram's, with different members, all below the limit."""
        least = self.least
        return (
            least.size == self.keys.size
            and self._histogram.are_possible
            and bool(((least >= 0) & (least < limit)).all())
            and np.unique(least).size == least.size
        )


def _offsets(lengths: Integers) -> Integers:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])
