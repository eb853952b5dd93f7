"""Two ensembles compared: their bands over one another, and the difference of survival.

Two ensembles may differ in anything, also in steps and in the length of a step, so they are
compared at common times: each point of the coarser grid beside the nearest of the finer one, which
is the same iteration where the one grid is part of the other.

Survival is the share of members that have neither escaped nor ended. Ensembles of different seeds
are independent: their bound members are compared, with Newcombe's interval. Of one seed, members
with one number are drawn by the same random numbers, so they are pairs, which differ less: then
`pairs` are wanted, counted from the members themselves, and Newcombe's interval is that for pairs.
In pairs a member counts as lost from its escape on, that is when its energy stays above 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from sim.ensemble.proportions import independent_difference, paired_difference, wilson
from sim.ensemble.summary import numbers_or_null
from sim.kernel import OK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sim.ensemble.proportions import Interval
    from sim.kernel import Integers
    from sim.kernel.lanes import Members

__all__ = ["CommonGrid", "common_grid", "compare", "lost_at", "paired_counts"]

_NEVER: Final = np.iinfo(np.int64).max
_QUANTITIES: Final = ("distance", "energy", "eccentricity", "semi_major_axis")


class CommonGrid(NamedTuple):
    """Where two grids are compared: places in the one and in the other, int64[T] each."""

    a: Integers
    b: Integers


def common_grid(
    iterations_a: Sequence[int],
    iterations_b: Sequence[int],
    dt_a: float = 1.0,
    dt_b: float = 1.0,
) -> CommonGrid:
    """Return the common times of two grids, as far as both go.

    `dt_a` and `dt_b` are the lengths of a step where they are fixed: then k*dt is compared, else k.

    >>> a, b = common_grid([0, 2, 4, 6, 7], [0, 4, 8, 9])
    >>> a.tolist(), b.tolist()
    ([0, 2], [0, 1])
    """
    times_a, times_b = np.multiply(iterations_a, dt_a), np.multiply(iterations_b, dt_b)
    end = min(times_a[-1], times_b[-1])
    within_a, within_b = (np.flatnonzero(times <= end) for times in (times_a, times_b))
    if within_a.size <= within_b.size:
        pairs = CommonGrid(within_a, _nearest(times_b, times_a[within_a]))
    else:
        pairs = CommonGrid(_nearest(times_a, times_b[within_b]), within_b)
    return pairs


def _nearest(times: np.ndarray[Any, Any], wanted: np.ndarray[Any, Any]) -> Integers:
    """Return the place of the nearest of rising times for each that is wanted."""
    after = np.clip(np.searchsorted(times, wanted), 1, times.size - 1)
    earlier = wanted - times[after - 1] <= times[after] - wanted
    nearest: Integers = np.where(earlier, after - 1, after).astype(np.int64)
    return nearest


def lost_at(members: Members, j: int) -> Integers:
    """Return from which iteration on each member has escaped or ended, int64[B]; -1: it has not.

    Of the j-th analysed agent. A member that made `good` iterations is there after these.
    """
    escape = np.where(members.escape_at[j] >= 0, members.escape_at[j], _NEVER)
    end = np.where(members.outcome != OK, members.good + 1, _NEVER)
    lost = np.minimum(escape, end)
    lost[lost == _NEVER] = -1
    return lost


def paired_counts(
    lost_a: Integers,
    lost_b: Integers,
    iterations: Sequence[int] | Integers,
    iterations_b: Sequence[int] | Integers | None = None,
) -> Integers:
    """Count what pairs have come to at each time, int64[T, 4]: both there, only a, only b, neither.

    `lost_a` and `lost_b` int64[N] have the iterations from which the members of each pair are lost
    (`lost_at`, or a table's `escape_at`), -1 where they are not. `iterations` rise; b is looked at
    after `iterations_b` where these differ. The counts of disjoint sets of pairs add.
    """
    if lost_a.shape != lost_b.shape:
        raise ValueError("Pairs need as many members of the one as of the other.")
    at_b = iterations if iterations_b is None else iterations_b
    times = len(iterations)
    until_a, until_b = _times_there(lost_a, iterations), _times_there(lost_b, at_b)
    a, b, both = (
        _there(until, times) for until in (until_a, until_b, np.minimum(until_a, until_b))
    )
    return np.stack([both, a - both, b - both, lost_a.size - (a + b - both)], axis=1)


def _times_there(lost: Integers, iterations: Sequence[int] | Integers) -> Integers:
    """Return for each member how many of the times it is there."""
    since = np.where(lost < 0, _NEVER, lost)
    return np.searchsorted(np.asarray(iterations, np.int64), since, side="left").astype(np.int64)


def _there(until: Integers, times: int) -> Integers:
    """Return at each time how many members are there, int64[times]."""
    gone = np.cumsum(np.bincount(until, minlength=times + 1)[:times])
    return (until.size - gone).astype(np.int64)


def compare(
    a: Mapping[str, Any],
    b: Mapping[str, Any],
    *,
    dt: tuple[float, float] = (1.0, 1.0),
    pairs: Mapping[str, Integers] | None = None,
) -> dict[str, Any]:
    """Return the comparison of two summaries (`sim.ensemble.summary`), as JSON.

    Of the agents that both analyse. `dt` are the lengths of their steps (`common_grid`). `pairs`
    has for an agent what `paired_counts` counts at the common times: of ensembles of one seed.
    Differences are those of a less b.
    """
    grid = common_grid(a["grid"]["iterations"], b["grid"]["iterations"], *dt)
    names = [name for name in a["agents"] if name in b["agents"]]
    return {
        "ids": {"a": a["id"], "b": b["id"]},
        "members": {"a": a["finished"], "b": b["finished"]},
        "partial": bool(a["partial"] or b["partial"]),
        "grid": {
            "a": _at(a["grid"]["iterations"], grid.a),
            "b": _at(b["grid"]["iterations"], grid.b),
        },
        "agents": {
            name: {
                "bands": {
                    "a": _bands(a["agents"][name], grid.a),
                    "b": _bands(b["agents"][name], grid.b),
                },
                "survival": _survival(a, b, name, grid, (pairs or {}).get(name)),
            }
            for name in names
        },
    }


def _at(values: Sequence[Any], places: Integers) -> list[Any]:
    return [values[place] for place in places.tolist()]


def _bands(agent: Mapping[str, Any], places: Integers) -> dict[str, Any]:
    """Return the quantiles and the nominal's values at some places of the grid."""
    quantiles, nominal = agent["quantiles"], agent["nominal"]
    return {
        quantity: {
            "nominal": _at(nominal[quantity], places),
            **{level: _at(values, places) for level, values in quantiles[quantity].items()},
        }
        for quantity in _QUANTITIES
    }


def _survival(
    a: Mapping[str, Any],
    b: Mapping[str, Any],
    name: str,
    grid: CommonGrid,
    pairs: Integers | None,
) -> dict[str, Any]:
    if pairs is None:
        counts_a, counts_b = (
            np.asarray(_at(one["agents"][name]["bound"]["count"], places))
            for one, places in ((a, grid.a), (b, grid.b))
        )
        of_a, of_b = wilson(counts_a, a["finished"]), wilson(counts_b, b["finished"])
        difference = independent_difference(counts_a, a["finished"], counts_b, b["finished"])
    else:
        if pairs.shape != (grid.a.size, 4):
            raise ValueError("Pairs are counted at the common times.")
        both, only_a, only_b, neither = pairs.T
        number = both + only_a + only_b + neither
        of_a, of_b = wilson(both + only_a, number), wilson(both + only_b, number)
        difference = paired_difference(both, only_a, only_b, neither)
    return {
        "paired": pairs is not None,
        "a": _told(of_a, "fraction"),
        "b": _told(of_b, "fraction"),
        "difference": _told(difference, "estimate"),
    }


def _told(interval: Interval, name: str) -> dict[str, list[float | None]]:
    return {
        name: numbers_or_null(interval.estimate),
        "low": numbers_or_null(interval.low),
        "high": numbers_or_null(interval.high),
    }
