"""Diagnostics: statistics of the orbits, summed over each interval and then over intervals.

Guarantees: sums are taken in the order of the steps within an interval, then in the order of the
intervals. Extremes have the first iteration that reaches them. So the bits do not depend on how
the intervals are divided into stretches.

For each agent with a primary, as the agent reads it at the start of each step: the distance
r = |p - s|, the specific orbital energy e = v**2/2 - mu/r, and the specific angular momentum h.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Final

import numpy as np

from sim.kernel import ELEMENTS, Tally

if TYPE_CHECKING:
    from sim.scenario import Scenario

__all__ = [
    "QUANTITIES",
    "empty_tally",
    "joined_tallies",
    "last_run_above_zero",
    "orbit_of",
    "part_of",
    "statistics",
]

QUANTITIES: Final = ("r", "e", "h")  # distance, specific energy, angular momentum

_MIN, _MAX = 0, 1


def empty_tally(agents: int, intervals: int | None = None) -> Tally:
    """Return a tally to be filled: of one interval, or with a leading axis of `intervals`."""
    lead = (agents,) if intervals is None else (intervals, agents)
    return Tally(
        counts=np.zeros(lead, np.int64),
        sums=np.zeros((*lead, ELEMENTS)),
        extremes=np.full((*lead, ELEMENTS, 2), np.nan),
        when=np.full((*lead, ELEMENTS, 2), -1, np.int64),
        ends=np.full((*lead, 2, ELEMENTS), np.nan),
        unbound=np.tile(np.array([-1, 0], np.int64), (*lead, 1)),
    )


def part_of(tallies: Tally, at: int | slice) -> Tally:
    """Return the tally of one interval, or of a slice of intervals: views, not copies."""
    return Tally._make(array[at] for array in tallies)


def joined_tallies(tallies: list[Tally]) -> Tally:
    """Concatenate tallies along their leading axis of intervals."""
    return Tally._make(np.concatenate(parts) for parts in zip(*tallies, strict=True))


def last_run_above_zero(tallies: Tally, a: int) -> int | None:
    """Return the first iteration of agent a's last run of energies above 0; None if it is over."""
    stepped = np.flatnonzero(tallies.counts[:, a])
    return _unbound_from(tallies.unbound[stepped, a])


def statistics(scenario: Scenario, tallies: Tally) -> dict[str, object]:
    """Reduce the tallies of consecutive intervals to the statistics of a manifest, as JSON.

    By agent name, for each agent with a primary; numbers that are not finite are null.
    """
    return {
        name: _of_agent(primary, gravity, a, tallies)
        for a, (name, primary, gravity) in enumerate(
            zip(scenario.names, scenario.orbited, scenario.gravity, strict=True)
        )
        if primary is not None
    }


def _of_agent(primary: str, mu: float, a: int, tallies: Tally) -> dict[str, object]:
    counts = tallies.counts[:, a]
    stepped = np.flatnonzero(counts)
    sums = np.cumsum(tallies.sums[stepped, a], axis=0)  # cumsum adds in order; sum does not
    described: dict[str, object] = {"primary": primary, "steps": int(counts.sum())}
    for element, quantity in enumerate(QUANTITIES):
        described[quantity] = {
            **_extreme(tallies, stepped, a, element, _MIN),
            **_extreme(tallies, stepped, a, element, _MAX),
            "mean": _number(sums[-1, element] / counts.sum()) if len(stepped) else None,
        }
    ends = tallies.ends[:, a]
    described["unbound_from"] = last_run_above_zero(tallies, a)
    orbits = {
        "start": orbit_of(mu, *ends[stepped[0], 0, 1:]) if len(stepped) else (None, None),
        "end": orbit_of(mu, *ends[stepped[-1], 1, 1:]) if len(stepped) else (None, None),
    }
    described["semi_major_axis"] = {when: orbit[0] for when, orbit in orbits.items()}
    described["eccentricity"] = {when: orbit[1] for when, orbit in orbits.items()}
    return described


def _extreme(
    tallies: Tally,
    stepped: np.ndarray[tuple[int], np.dtype[np.intp]],
    a: int,
    element: int,
    which: int,
) -> dict[str, float | int | None]:
    """Return the extreme value and the first iteration that reaches it."""
    name = ("min", "max")[which]
    values = tallies.extremes[stepped, a, element, which]
    if np.isnan(values).all():
        return {name: None, f"{name}_at": None}
    at = stepped[np.nanargmin(values) if which == _MIN else np.nanargmax(values)]
    return {
        name: _number(tallies.extremes[at, a, element, which]),
        f"{name}_at": int(tallies.when[at, a, element, which]),
    }


def _unbound_from(runs: np.ndarray[tuple[int, int], np.dtype[np.int64]]) -> int | None:
    """Return the first iteration of the final run of e > 0; None if e <= 0 at the end."""
    since: int | None = None
    for start, was_bound in runs[::-1].tolist():
        if start < 0:
            break
        since = start
        if was_bound:
            break
    return since


def orbit_of(mu: float, e: float, h: float) -> tuple[float | None, float | None]:
    """Return semi-major axis and eccentricity from specific energy and angular momentum.

    a = -mu/(2e), below 0 where the orbit is open (None on a parabola), and
    ecc = sqrt(1 + 2*e*h**2/mu**2): Bate, Mueller and White, "Fundamentals of Astrodynamics", 1971,
    section 1.6. Both are None where mu is not above 0 or the energy is not finite.
    """
    if not mu > 0.0 or not math.isfinite(e):
        return None, None
    mu, e, h = float(mu), float(e), float(h)  # numpy's own numbers warn of what is handled here
    axis = None if e == 0.0 else _number(-mu / (2.0 * e))
    product, square = 2.0 * e * h * h, mu * mu
    if not sys.float_info.min <= square < math.inf or not math.isfinite(product):
        product, square = 2.0 * e * (h / mu) * (h / mu), 1.0
    squared = 1.0 + product / square
    if math.isnan(squared):
        return axis, None
    return axis, _number(math.sqrt(max(0.0, squared)))


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
