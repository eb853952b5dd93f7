"""The compiled loops over single records of exports.

They do not check their arguments: their callers have made or checked these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.jit import compiled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["decimate", "interleave"]

_COMMA = 44
_BRACKET = 93  # "]"


@compiled
def interleave(
    numbers: NDArray[np.uint8],
    agents: NDArray[np.integer[Any]],
    fragments: NDArray[np.uint8],
    bounds: NDArray[np.int64],
    out: NDArray[np.uint8],
) -> int:
    """Write each record as its agent's fragments, interleaved with the record's numbers.

    `numbers` is a JSON array, `[1.0,2.0,...]`, one number for each gap between fragments;
    `bounds[a, s]` to `bounds[a, s + 1]` is where `fragments` holds agent a's fragment s.
    Returns the number of bytes written to `out`.
    """
    gaps = bounds.shape[1] - 2
    read = 1
    written = 0
    for agent in agents:
        for gap in range(gaps + 1):
            for at in range(bounds[agent, gap], bounds[agent, gap + 1]):
                out[written] = fragments[at]
                written += 1
            if gap == gaps:
                break
            while numbers[read] not in (_COMMA, _BRACKET):
                out[written] = numbers[read]
                written += 1
                read += 1
            read += 1
    return written


@compiled
def decimate(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    agents: NDArray[np.integer[Any]],
    first: int,
    widths: NDArray[np.int64],
    seen: NDArray[np.int64],
    extremes: NDArray[np.float64],
    order: NDArray[np.int64],
) -> None:
    """Reduce records into the bins of their agents.

    `extremes` (agents, bins, 4) has the smallest and largest x and the smallest and largest y of
    a bin, `order` the numbers of the first rows that have them. A bin is `widths[agent]` records
    of its agent; when all bins of an agent are full, they are merged in pairs.
    """
    bins = extremes.shape[1]
    for i in range(agents.size):
        agent = agents[i]
        if seen[agent] == bins * widths[agent]:
            _merge(extremes[agent], order[agent])
            widths[agent] *= 2
        at = seen[agent] // widths[agent]
        fresh = seen[agent] % widths[agent] == 0
        seen[agent] += 1
        for extreme in range(4):
            value, best = (y if extreme // 2 else x)[i], extremes[agent, at, extreme]
            if fresh or (value < best if extreme % 2 == 0 else value > best):
                extremes[agent, at, extreme] = value
                order[agent, at, extreme] = first + i


@compiled
def _merge(extremes: NDArray[np.float64], order: NDArray[np.int64]) -> None:
    """Merge an agent's bins in pairs, in place; an odd last one becomes half a bin."""
    bins = extremes.shape[0]
    for to in range((bins + 1) // 2):
        for extreme in range(4):
            best = 2 * to
            if best + 1 < bins:
                one, other = extremes[best, extreme], extremes[best + 1, extreme]
                if other < one if extreme % 2 == 0 else other > one:
                    best += 1
            extremes[to, extreme] = extremes[best, extreme]
            order[to, extreme] = order[best, extreme]
