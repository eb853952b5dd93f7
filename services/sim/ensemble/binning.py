"""What a histogram's keys mean: the bin of a value about a centre, and the edge of a bin.

A value v is binned about c, the nominal's at the same iteration: near it, |v - c| < |c|/2, is the
bin of v - c; else v's own, below or above. The bin of a double is its sign, its exponent and 7 bits
of its mantissa, so a bin is at most 1/128 of its edge wide. A key is `zone << 19 | bin`, with zones
below, near and above. A nan has the greatest key: it counts, and is above everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.kernel.bins import ABOVE, BELOW, BIN_BITS, DROPPED_BITS, NEAR, keys_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from sim.kernel import Floats
    from sim.kernel.bins import Keys

__all__ = ["bin_end", "centres_of", "edges", "keys"]


def centres_of(nominal: Floats) -> Floats:
    """Return the centres that values are binned about: 0 where the nominal's is not finite.

    So it is after the nominal has ended.
    """
    return np.where(np.isfinite(nominal), nominal, 0.0)


def keys(values: Floats | Iterable[float], centre: float = 0.0) -> Keys:
    """Return the keys of values about a centre, uint32[N]."""
    array = np.array(values if isinstance(values, np.ndarray) else list(values), np.float64)
    made = np.empty(array.size, np.uint32)
    keys_of(array, float(centre), made)
    return made


def edges(keys: Keys, centre: float | Floats = 0.0) -> Floats:
    """Return the edge nearer to zero of each key's bin, as a value: float64[N].

    In the near zone plus the centre c; in the zone above at least `c + |c|/2`, in the one below at
    most `c - |c|/2`. `centre` is a number, or one for each key. nan for the bin of nan.
    """
    c = np.asarray(centre, np.float64)
    zones, bins = keys >> np.uint32(BIN_BITS), keys & np.uint32((1 << BIN_BITS) - 1)
    edge = _edges_of_bins(bins)
    half = np.abs(c) / 2
    # Python's and numpy's own warnings are about infinities, which are values here.
    with np.errstate(all="ignore"):
        near, above, below = c + edge, np.maximum(c + half, edge), np.minimum(c - half, edge)
    chosen: Floats = np.select(
        [zones == BELOW, zones == NEAR, zones == ABOVE], [below, near, above]
    )
    return chosen


def bin_end(value: float) -> float:
    """Return where the bin ends that a value of at least 0 is in: at most 1/128 of it further on.

    >>> bin_end(6976.0), bin_end(7000.0)
    (7008.0, 7008.0)
    """
    return float(edges(keys([value]) + np.uint32(1))[0])


def _edges_of_bins(bins: np.ndarray[Any, np.dtype[np.uint32]]) -> Floats:
    ordered = bins.astype(np.uint64) << np.uint64(DROPPED_BITS)
    sign, rest = np.uint64(2**63), np.uint64(2**DROPPED_BITS - 1)
    bits = np.where(ordered >= sign, ordered ^ sign, ~(ordered | rest))
    return bits.view(np.float64)
