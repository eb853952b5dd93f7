"""Bins of doubles by their bits, and sparse counts of what is in them, merged exactly.

A key is `zone << 19 | bin`: what is near the centre c, |v - c| < |c|/2, is in the bin of v - c;
else v is in its own bin, below or above. Keys rise with the values of a zone.

Guarantees: everything is a count or a minimum of integers, so order does not matter.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from sim.jit import compiled, inner
from sim.kernel.layout import OK

if TYPE_CHECKING:
    from sim.kernel.layout import Floats, Integers

__all__ = [
    "ABOVE",
    "BELOW",
    "BIN_BITS",
    "DROPPED_BITS",
    "ENDED",
    "KEY_LIMIT",
    "NEAR",
    "Keys",
    "Totals",
    "are_in_order",
    "count_keys",
    "keys_at_grid",
    "keys_of",
    "least_of_bins",
    "merge_counts",
    "merge_least",
]

Keys: TypeAlias = np.ndarray[Any, np.dtype[np.uint32]]
Totals: TypeAlias = np.ndarray[Any, np.dtype[np.uint64]]

BELOW, NEAR, ABOVE = range(3)
BIN_BITS: Final = 19  # sign, exponent and 7 bits of the mantissa
DROPPED_BITS: Final = 64 - BIN_BITS
KEY_LIMIT: Final = (ABOVE + 1) << BIN_BITS
ENDED: Final = 2**32 - 1  # in place of a key, of a member that has ended
_ENDED: Final = np.uint32(ENDED)
_SIGN: Final = np.uint64(2**63)
_DROPPED: Final = np.uint64(DROPPED_BITS)
_ENERGY: Final = 1  # among the quantities


@inner
def _zone_and_value(v: float, c: float) -> tuple[int, float]:
    """Return the zone of a value, and what its bin is of."""
    # 0.0 is added since -0.0 is in the bin of 0.0; any nan is taken as the positive one, which is
    # above infinity.
    if math.isnan(v):
        return ABOVE, math.nan
    if abs(v - c) < abs(c) / 2:
        return NEAR, (v - c) + 0.0
    return (BELOW if v < c else ABOVE), v + 0.0


@inner
def _key(zone: int, bits: np.uint64) -> np.uint32:
    """Return the key of a zone and of the bits of a double."""
    ordered = ~bits if bits >= _SIGN else bits ^ _SIGN
    return np.uint32((np.uint64(zone) << np.uint64(BIN_BITS)) | (ordered >> _DROPPED))


@compiled
def keys_of(values: Floats, centre: float, keys: Keys) -> None:
    """Write the key of each of N values about one centre, which is finite."""
    moved = np.empty(values.size)
    for i in range(values.size):
        zone, moved[i] = _zone_and_value(values[i], centre)
        keys[i] = zone
    bits = moved.view(np.uint64)
    for i in range(values.size):
        keys[i] = _key(int(keys[i]), bits[i])


@compiled
def keys_at_grid(
    values: Floats,
    grid: Integers,
    centres: Floats,
    outcome: Integers,
    good: Integers,
    keys: Keys,
    bound: Integers,
    start: int,
) -> None:
    """Write the keys of a batch of B' members, at G grid times, into those of a block of B.

    `values` float64[G, A, 3, B'], `centres` float64[A, 3, G] finite, `keys` uint32[A, 3, G, B]: the
    batch's stand from `start` on. `bound` int64[A, G] is increased by the members that are alive
    with an energy of at most 0.
    """
    times, agents, quantities, members = values.shape
    moved = np.empty(members)
    bits = moved.view(np.uint64)
    alive = np.empty(members, np.bool_)
    for g in range(times):
        for m in range(members):
            alive[m] = outcome[m] == OK or good[m] >= grid[g]
        for j in range(agents):
            for q in range(quantities):
                c, into = centres[j, q, g], keys[j, q, g, start : start + members]
                for m in range(members):
                    zone, moved[m] = _zone_and_value(values[g, j, q, m], c)
                    into[m] = zone
                for m in range(members):
                    into[m] = _key(int(into[m]), bits[m]) if alive[m] else _ENDED
            for m in range(members):
                bound[j, g] += alive[m] and values[g, j, _ENERGY, m] <= 0.0


@compiled
def count_keys(sorted_keys: Keys, lengths: Integers, keys: Keys, counts: Totals) -> int:
    """Count equal keys of each of S ascending rows, but not those of members that have ended.

    `sorted_keys` uint32[S, B]; `lengths` int64[S] receives the number of different keys of each,
    which stand one row after the other in `keys` and `counts`, which have room for all. Returns how
    many there are.
    """
    end = 0
    for s in range(sorted_keys.shape[0]):
        begin = end
        for i in range(sorted_keys.shape[1]):
            key = sorted_keys[s, i]
            if key == _ENDED:
                break
            if end > begin and keys[end - 1] == key:
                counts[end - 1] += np.uint64(1)
            else:
                keys[end], counts[end] = key, np.uint64(1)
                end += 1
        lengths[s] = end - begin
    return end


@compiled
def merge_counts(
    offsets_a: Integers,
    keys_a: Keys,
    counts_a: Totals,
    offsets_b: Integers,
    keys_b: Keys,
    counts_b: Totals,
    offsets: Integers,
    keys: Keys,
    counts: Totals,
) -> int:
    """Merge the counts of two sets of S slices of ascending keys; return how many there are.

    `offsets` int64[S + 1]; `keys` and `counts` have room for those of both.
    """
    end = 0
    offsets[0] = 0
    for s in range(offsets.size - 1):
        a, b, stop_a, stop_b = offsets_a[s], offsets_b[s], offsets_a[s + 1], offsets_b[s + 1]
        while a < stop_a and b < stop_b:
            key_a, key_b = keys_a[a], keys_b[b]
            from_a, from_b = key_a <= key_b, key_b <= key_a
            keys[end] = key_a if from_a else key_b
            counts[end] = (counts_a[a] if from_a else np.uint64(0)) + (
                counts_b[b] if from_b else np.uint64(0)
            )
            a += from_a
            b += from_b
            end += 1
        while a < stop_a:
            keys[end], counts[end] = keys_a[a], counts_a[a]
            a += 1
            end += 1
        while b < stop_b:
            keys[end], counts[end] = keys_b[b], counts_b[b]
            b += 1
            end += 1
        offsets[s + 1] = end
    return end


@compiled
def least_of_bins(keys: Keys, numbers: Integers, bins: Keys, least: Integers) -> None:
    """Write the least of the numbers that have each key; `bins` are the different keys, rising."""
    for i in range(keys.size):
        at = np.searchsorted(bins, keys[i])
        if least[at] < 0 or numbers[i] < least[at]:
            least[at] = numbers[i]


@compiled
def merge_least(keys: Keys, least: Integers, bins: Keys, merged: Integers) -> None:
    """Lower `merged`, of the ascending `bins`, to the `least` of `keys`, which are among them.

    Less than 0 is none yet.
    """
    at = 0
    for i in range(keys.size):
        while bins[at] < keys[i]:
            at += 1
        if merged[at] < 0 or least[i] < merged[at]:
            merged[at] = least[i]


@compiled
def are_in_order(offsets: Integers, keys: Keys, limit: int) -> bool:
    """Return whether the keys of each slice rise, and all are below the limit."""
    for s in range(offsets.size - 1):
        for i in range(offsets[s], offsets[s + 1]):
            if keys[i] >= limit or (i > offsets[s] and keys[i] <= keys[i - 1]):
                return False
    return True
