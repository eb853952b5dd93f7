"""The summary of an ensemble, as JSON: of each analysed agent what its members' statistics say.

Guarantees:

- It depends only on counts, on minima and on the nominal trajectory: it has the same bits however
  the members were divided, and in whatever order they came.
- What is not defined is null: a quantile of no members, an escape that has not happened, a number
  that 64-bit floats do not hold.

Quantiles are those of the members that have not ended; `sim.ensemble.quantiles` says how exact they
are. The intervals of the share of bound members are Wilson's, at 95 %, pointwise.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.ensemble.binning import centres_of
from sim.ensemble.density import SIZES
from sim.ensemble.grid import grid_iterations, grid_level, spans
from sim.ensemble.proportions import wilson
from sim.ensemble.quantiles import LEVELS, NOTABLE, notable_members, quantiles_of
from sim.ensemble.sentence import Told, sentence_of
from sim.ensemble.statistics import DISTANCE, ECCENTRICITY, ENERGY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sim.ensemble.density import Density
    from sim.ensemble.nominal import Nominal
    from sim.ensemble.statistics import AgentStatistics
    from sim.kernel import Floats
    from sim.scenario import PropagationRequest

__all__ = ["agent_summary", "numbers_or_null", "summary", "summary_of"]

_QUANTITIES = {"distance": DISTANCE, "energy": ENERGY, "eccentricity": ECCENTRICITY}


def summary_of(
    request: PropagationRequest,
    nominal: Nominal,
    statistics: Sequence[AgentStatistics],
    densities: Sequence[Density],
) -> dict[str, Any]:
    """Return the summary of a request, from what is kept of its analysed agents, in order."""
    names = request.trajectory.scenario.names
    return summary(
        request,
        {
            names[a]: agent_summary(request, nominal, j, statistics[j], densities[j])
            for j, a in enumerate(request.analysed)
        },
    )


def summary(
    request: PropagationRequest,
    agents: Mapping[str, Mapping[str, Any]],
    finished: int | None = None,
) -> dict[str, Any]:
    """Return the summary from those of its agents, by name, in order (`agent_summary`).

    `finished` is the number of members in it, where no agent says so: all if it is left out.
    """
    counted = [sum(agent["outcomes"].values()) for agent in agents.values()]
    everyone = request.members if finished is None else finished
    finished = counted[0] if counted else everyone
    if any(count != finished for count in counted):
        raise ValueError("The agents' summaries are of different members.")
    return {
        "id": request.id,
        "steps": request.steps,
        "seed": request.trajectory.seed,
        "members": request.members,
        "finished": finished,
        "partial": finished < request.members,
        "grid": {
            "level": grid_level(request.steps),
            "iterations": grid_iterations(request.steps).tolist(),
        },
        "agents": dict(agents),
    }


def agent_summary(
    request: PropagationRequest,
    nominal: Nominal,
    j: int,
    statistics: AgentStatistics,
    density: Density,
) -> dict[str, Any]:
    """Return the part of the summary about the j-th analysed agent."""
    scenario = request.trajectory.scenario
    a = request.analysed[j]
    values, mu = nominal.values[j], scenario.gravity[a]
    escape = notable_members(statistics.escape, statistics.members)
    closest = notable_members(statistics.closest, statistics.members)
    return {
        "primary": scenario.orbited[a],
        "nominal": _nominal(values, mu),
        "quantiles": {"levels": list(LEVELS), **_quantiles(statistics, values, mu)},
        "bound": _bound(statistics),
        "ended": statistics.ended.tolist(),
        "outcomes": _outcomes(statistics),
        "escape": {
            "quantiles": _by_level([None if one is None else int(one[0]) for one in escape]),
            "members": _by_level([None if one is None else one[1] for one in escape]),
        },
        "closest": {
            "quantiles": _by_level([_finite(one and one[0]) for one in closest]),
            "members": _by_level(
                [None if _finite(one and one[0]) is None else one and one[1] for one in closest]
            ),
        },
        "density": _density(request, density),
        "sentence": _sentence(request, a, statistics, escape, closest),
    }


def _nominal(values: Floats, mu: float) -> dict[str, Any]:
    """Return what the nominal trajectory has at the grid, float64[3, G]; null after its end."""
    told = {name: numbers_or_null(values[q]) for name, q in _QUANTITIES.items()}
    return told | {"semi_major_axis": numbers_or_null(_semi_major_axis(values[ENERGY], mu))}


def _quantiles(statistics: AgentStatistics, nominal: Floats, mu: float) -> dict[str, Any]:
    centres = centres_of(nominal).ravel()
    found = quantiles_of(statistics.histograms, centres).reshape(len(LEVELS), *nominal.shape)
    told = {name: found[:, q] for name, q in _QUANTITIES.items()}
    told["semi_major_axis"] = _semi_major_axis(found[:, ENERGY], mu)
    return {
        name: {str(level): numbers_or_null(row) for level, row in zip(LEVELS, rows, strict=True)}
        for name, rows in told.items()
    }


def _semi_major_axis(energy: Floats, mu: float) -> Floats:
    """Return -mu/(2*energy), nan where the energy is not below 0 or there is no orbit."""
    if not mu > 0.0:
        return np.full_like(energy, np.nan)
    with np.errstate(all="ignore"):
        return np.where(energy < 0.0, -mu / (2.0 * energy), np.nan)


def _bound(statistics: AgentStatistics) -> dict[str, Any]:
    share = wilson(statistics.bound, statistics.members)
    return {
        "count": statistics.bound.tolist(),
        "fraction": share.estimate.tolist(),
        "low": share.low.tolist(),
        "high": share.high.tolist(),
    }


def _outcomes(statistics: AgentStatistics) -> dict[str, int]:
    counts = statistics.outcomes.to_json()
    order = ("bound", "escaped", "collision", "divergence", "standstill")
    return {name: counts[name] for name in order}


def _density(request: PropagationRequest, density: Density) -> dict[str, Any]:
    return {
        "half_width": _finite(density.half_width),
        "sizes": list(SIZES),
        "spans": [list(span) for span in spans(request.steps)],
        "inside": density.inside,
        "outside": int(density.outside.sum()),
    }


def _sentence(
    request: PropagationRequest,
    a: int,
    statistics: AgentStatistics,
    escape: Sequence[tuple[float, int] | None],
    closest: Sequence[tuple[float, int] | None],
) -> str:
    scenario = request.trajectory.scenario
    half = NOTABLE.index(50)
    median, nearest = escape[half], closest[half]
    return sentence_of(
        Told(
            agent=scenario.names[a],
            primary=str(scenario.orbited[a]),
            attracts=scenario.gravity[a] > 0.0,
            steps=request.steps,
            members=statistics.members,
            of_members=request.members,
            escaped=statistics.escape.total,
            median_escape=None if median is None else int(median[0]),
            closest=None if nearest is None else _finite(nearest[0]),
            ends=statistics.outcomes.to_json(),
            unit=scenario.units.of(length=1),
        )
    )


def _by_level(values: Sequence[Any]) -> dict[str, Any]:
    return {str(level): value for level, value in zip(NOTABLE, values, strict=True)}


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def numbers_or_null(values: Floats) -> list[float | None]:
    """Return numbers as JSON has them: None for those that are not finite."""
    return [_finite(value) for value in values.tolist()]
