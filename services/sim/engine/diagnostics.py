"""Diagnostics: what the orbits were like, added up by interval and then over intervals in order.

Guarantees: sums are taken in the order of the steps within an interval and then in the order of
the intervals, extremes keep the first iteration that has them: so the same bits come out
however the work was cut.

For each agent with a primary, as it sees it at the start of each step: the distance
r = |p - s|, the specific orbital energy e = v**2/2 - mu/r, and the specific angular momentum h.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from sim.engine.kernel import ELEMENTS, Tally

if TYPE_CHECKING:
    from sim.scenario import Scenario

__all__ = ["QUANTITIES", "empty_tally", "joined_tallies", "part_of", "statistics"]

QUANTITIES: Final = ("r", "e", "h")  # distance, specific energy, angular momentum

_MIN, _MAX = 0, 1


def empty_tally(agents: int, intervals: int | None = None) -> Tally:
    """Return tallies to be filled: of one interval, or with a leading axis of so many."""
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
    """Return the tally of one interval, or of some: views, not copies."""
    return Tally._make(array[at] for array in tallies)


def joined_tallies(tallies: list[Tally]) -> Tally:
    """Return tallies, each with a leading axis of intervals, as one."""
    return Tally._make(np.concatenate(parts) for parts in zip(*tallies, strict=True))


def statistics(scenario: Scenario, tallies: Tally) -> dict[str, object]:
    """Reduce the tallies of consecutive intervals to what a person reads, as JSON.

    By agent name, for each that has a primary; numbers that are not finite are null.
    """
    return {
        name: _of_agent(scenario, a, primary, tallies)
        for a, (name, primary) in enumerate(zip(scenario.names, scenario.primaries, strict=True))
        if primary is not None
    }


def _of_agent(scenario: Scenario, a: int, primary: int, tallies: Tally) -> dict[str, object]:
    counts = tallies.counts[:, a]
    stepped = np.flatnonzero(counts)
    sums = np.cumsum(tallies.sums[stepped, a], axis=0)  # cumsum adds in order, bit for bit
    described: dict[str, object] = {"primary": scenario.names[primary], "steps": int(counts.sum())}
    for element, quantity in enumerate(QUANTITIES):
        described[quantity] = {
            **_extreme(tallies, stepped, a, element, _MIN),
            **_extreme(tallies, stepped, a, element, _MAX),
            "mean": _number(sums[-1, element] / counts.sum()) if len(stepped) else None,
        }
    mu = scenario.agents[primary].mu
    ends = tallies.ends[:, a]
    described["unbound_from"] = _unbound_from(tallies.unbound[stepped, a])
    orbits = {
        "start": _orbit(mu, *ends[stepped[0], 0, 1:]) if len(stepped) else (None, None),
        "end": _orbit(mu, *ends[stepped[-1], 1, 1:]) if len(stepped) else (None, None),
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
    """Return the value and the first iteration that has it."""
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
    """Return since which iteration the energy has been above zero, if it is at the end."""
    since: int | None = None
    for start, was_bound in runs[::-1].tolist():
        if start < 0:
            break
        since = start
        if was_bound:
            break
    return since


def _orbit(mu: float, e: float, h: float) -> tuple[float | None, float | None]:
    """Return semi-major axis and eccentricity of a specific energy and angular momentum, if e < 0.

    a = -mu/(2e) and ecc = sqrt(1 + 2*e*h**2/mu**2): Bate, Mueller and White, "Fundamentals of
    Astrodynamics", 1971, section 1.6.
    """
    if not (e < 0.0 < mu):
        return None, None
    squared = 1.0 + 2.0 * e * h * h / (mu * mu)
    return _number(-mu / (2.0 * e)), _number(math.sqrt(max(0.0, squared)))


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
