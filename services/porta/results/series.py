"""Quantities of agents over time: the range that each has in bins of steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from porta.errors import ArgumentError
from porta.names import one_of, some_of
from porta.numbers import count
from porta.results.selection import read_window

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from porta.sources import RunSource
    from sim.scenario import Scenario

__all__ = ["MOST_POINTS", "QUANTITIES", "agent_of", "series_of"]

QUANTITIES: Final[Mapping[str, str]] = {
    "distance": "r",
    "energy": "e",
    "angular_momentum": "h",
    "semi_major_axis": "a",
    "eccentricity": "ecc",
    "x": "x",
    "y": "y",
    "z": "z",
}
"""The quantities by their names, with those that `sim.engine.SERIES` has for them."""
MOST_POINTS: Final = 2**14
"""The most bins of a series."""

_POSITION: Final = frozenset("xyz")
_ELEMENTS: Final = frozenset({"semi_major_axis", "eccentricity"})  # about what attracts


def series_of(
    source: RunSource, names: tuple[str, ...], agent: str | None, points: object, *, t0: object,
    t1: object,
) -> pa.Table:  # fmt: skip
    """Return bins of one agent: t0, t1, and for each quantity its minimum and maximum there."""
    import pyarrow as pa

    scenario = source.request.trajectory.scenario
    a = agent_of(scenario, agent)
    known = _known(scenario, a)
    chosen = some_of("series", list(names) or ["distance"], known)
    bins = count("points", points, 2)
    if bins > MOST_POINTS:
        raise ArgumentError("points", f"points must be at most {MOST_POINTS:,}.")
    codes = [QUANTITIES[name] for name in chosen]
    low, high = read_window(t0, t1)
    found: Any = source.series(low, high, bins, [a], codes)["agents"][0]
    columns = {"t0": found["t0"], "t1": found["t1"]}
    for name, code in zip(chosen, codes, strict=True):
        columns |= {f"{name}_min": found[code]["min"], f"{name}_max": found[code]["max"]}
    return pa.table({name: pa.array(column, pa.float64()) for name, column in columns.items()})


def agent_of(scenario: Scenario, agent: str | None) -> int:
    """Return the agent that is named; else the first that has a primary, or else the first."""
    if agent is not None:
        return scenario.names.index(one_of("agent", agent, scenario.names))
    return next((a for a, primary in enumerate(scenario.orbited) if primary is not None), 0)


def _known(scenario: Scenario, a: int) -> list[str]:
    """Return the quantities that an agent has: without a primary, only its position."""
    known = set("xyz"[: scenario.model.dimensions])
    if scenario.orbited[a] is not None:
        known |= QUANTITIES.keys() - _POSITION
        if not scenario.gravity[a] > 0.0:
            known -= _ELEMENTS
    return [name for name in QUANTITIES if name in known]
