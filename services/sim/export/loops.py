"""The two loops over single records that exports need, compiled.

They are given what their callers have checked or made themselves, and check nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.jit import compiled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["fold", "weave"]

_COMMA = 44
_BRACKET = 93  # "]"


@compiled
def weave(
    numbers: NDArray[np.uint8],
    agents: NDArray[np.integer[Any]],
    fragments: NDArray[np.uint8],
    bounds: NDArray[np.int64],
    out: NDArray[np.uint8],
) -> int:
    """Write each record as its agent's fragments with the record's numbers between them.

    `numbers` is a JSON array, `[1.0,2.0,...]`, one number for each gap between fragments;
    `bounds[a, s]` to `bounds[a, s + 1]` is where `fragments` holds agent a's fragment s.
    Returns how many bytes of `out` are written.
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
def fold(
    rows: NDArray[np.float64],
    agents: NDArray[np.integer[Any]],
    x_and_y: tuple[int, int],
    first: int,
    widths: NDArray[np.int64],
    seen: NDArray[np.int64],
    kept: NDArray[np.float64],
    order: NDArray[np.int64],
) -> None:
    """Fold records into their agents' bins, each of which keeps its extremes in x and y.

    `rows` is (columns, records), `kept` (agents, bins, 4, columns): the rows with the first
    smallest and largest x, the first smallest and largest y. A bin is `widths[agent]` records
    of its agent; when an agent's bins are full they are merged two by two.
    """
    bins = kept.shape[1]
    for i in range(agents.size):
        agent = agents[i]
        if seen[agent] == bins * widths[agent]:
            _merge(kept[agent], order[agent], x_and_y)
            widths[agent] *= 2
        at = seen[agent] // widths[agent]
        fresh = seen[agent] % widths[agent] == 0
        seen[agent] += 1
        for extreme in range(4):
            column = x_and_y[extreme // 2]
            value, best = rows[column, i], kept[agent, at, extreme, column]
            if fresh or (value < best if extreme % 2 == 0 else value > best):
                kept[agent, at, extreme] = rows[:, i]
                order[agent, at, extreme] = first + i


@compiled
def _merge(kept: NDArray[np.float64], order: NDArray[np.int64], x_and_y: tuple[int, int]) -> None:
    """Merge an agent's bins two by two, in place; an odd last one becomes half a bin."""
    bins = kept.shape[0]
    for to in range((bins + 1) // 2):
        for extreme in range(4):
            column = x_and_y[extreme // 2]
            best = 2 * to
            if best + 1 < bins:
                one, other = kept[best, extreme, column], kept[best + 1, extreme, column]
                if other < one if extreme % 2 == 0 else other > one:
                    best += 1
            kept[to, extreme] = kept[best, extreme]
            order[to, extreme] = order[best, extreme]
