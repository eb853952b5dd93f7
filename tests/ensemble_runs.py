"""Ensembles computed the slow way: each member is propagated by the engine, and numpy counts.

It is what tests of pages show, true figures of real members, and shares no code with the kernel in
lanes. Quantiles are numpy's of the values themselves, so they lie within a bin of the served ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sim.engine import Propagation
from sim.engine.checkpoint import initial_checkpoint
from sim.engine.diagnostics import empty_tally
from sim.engine.interval_pass import pass_interval
from sim.ensemble.binning import bin_end
from sim.errors import Failure, PropagationFailed
from sim.intervals import level

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sim.kernel import Floats, Integers
    from sim.scenario import PropagationRequest, Trajectory

LEVELS: Final = (1, 5, 25, 50, 75, 95, 99)
NOTABLE: Final = (5, 50, 95)
QUANTITIES: Final = ("distance", "energy", "eccentricity")
CELLS: Final = 512
SAMPLE_BITS: Final = 4
Z: Final = 1.959963984540054


@dataclass(slots=True)
class MemberRun:
    """One member: states at the grid and at the density's samples, and what became of it."""

    number: int
    at_grid: Floats  # [G, agents, columns], nan after its end
    samples: Floats  # [S, agents, columns]
    outcome: str
    steps: int
    statistics: Mapping[str, Any] = field(default_factory=dict)
    end: Mapping[str, Any] = field(default_factory=dict)


class EnsembleRun:
    """All members of a request, and the nominal run."""

    def __init__(self, request: PropagationRequest) -> None:
        self.request = request
        every = 1 << level(request.steps, 8)
        self.grid = np.unique([*range(0, request.steps, every), request.steps])
        self.nominal = _member(request.trajectory.nominal, 0, self.grid)
        self.members = [
            _member(request.trajectory.of_member(m), m, self.grid) for m in range(request.members)
        ]

    def document(self, finished: int | None = None) -> dict[str, Any]:
        """Return what the API serves, of the first members that have finished."""
        request = self.request
        members = self.members[:finished]
        names = request.trajectory.scenario.names
        return {
            "id": request.id,
            "steps": request.steps,
            "seed": request.trajectory.seed,
            "members": request.members,
            "finished": len(members),
            "partial": len(members) < request.members,
            "grid": {"level": level(request.steps, 8), "iterations": self.grid.tolist()},
            "agents": {names[a]: self._agent(a, members) for a in request.analysed},
        }

    def _agent(self, a: int, members: list[MemberRun]) -> dict[str, Any]:
        scenario = self.request.trajectory.scenario
        primary, mu = self._primary(a), scenario.gravity[a]
        name = scenario.names[a]
        values = np.array([_quantities(one.at_grid, a, primary, mu) for one in members])
        own = _quantities(self.nominal.at_grid, a, primary, mu)
        quantiles = {
            q: {str(p): _listed(_quantile(values[:, i], p)) for p in LEVELS}
            for i, q in enumerate(QUANTITIES)
        }
        quantiles["semi_major_axis"] = {
            p: [_axis(e, mu) for e in column] for p, column in quantiles["energy"].items()
        }
        nominal = {q: _listed(own[i]) for i, q in enumerate(QUANTITIES)}
        nominal["semi_major_axis"] = [_axis(e, mu) for e in nominal["energy"]]
        document = {
            "primary": scenario.names[primary],
            "nominal": nominal,
            "quantiles": {"levels": list(LEVELS), **quantiles},
            "bound": _survival(np.sum(values[:, 1] <= 0, axis=0), len(members)),
            "ended": np.sum(np.isnan(values[:, 1]), axis=0).tolist(),
            "outcomes": self._outcomes(name, members),
            "escape": _notable([one.statistics[name]["unbound_from"] for one in members]),
            "closest": _notable([one.statistics[name]["min"] for one in members]),
            "density": self._density(a, members),
        }
        return document | {"sentence": _sentence(len(members), self.request.steps, document)}

    def _primary(self, a: int) -> int:
        primary = self.request.trajectory.scenario.primaries[a]
        assert primary is not None  # only such agents are analysed here
        return primary

    def _outcomes(self, name: str, members: list[MemberRun]) -> dict[str, int]:
        words = [self.outcome(one, name) for one in members]
        known = ("bound", "escaped", "collision", "divergence", "standstill")
        return {word: words.count(word) for word in known}

    @staticmethod
    def outcome(member: MemberRun, name: str) -> str:
        """Return what became of an agent of a member."""
        if member.outcome:
            return member.outcome
        return "bound" if member.statistics[name]["unbound_from"] is None else "escaped"

    def _density(self, a: int, members: list[MemberRun]) -> dict[str, Any]:
        cells = self.density(a, members)
        n, width = self.request.steps, level(self.request.steps, 3)
        last = [min(n, (span + 1) << width) for span in range(len(cells))]
        sampled = sum(len(one.samples) for one in members)
        return {
            "half_width": self.half_width(a),
            "sizes": [512, 256, 128],
            "spans": [[(span << width) + 1, end] for span, end in enumerate(last)],
            "inside": int(cells.sum()),
            "outside": sampled - int(cells.sum()),
        }

    def half_width(self, a: int) -> float:
        """Return half the side of the density's square."""
        scenario = self.request.trajectory.scenario
        relative = self.nominal.at_grid[0, a] - self.nominal.at_grid[0, self._primary(a)]
        d = len(relative) // 2 - 1
        r, v = np.linalg.norm(relative[2 : 2 + d]), np.linalg.norm(relative[2 + d :])
        mu = scenario.gravity[a]
        energy = v * v / 2 - mu / r
        if energy >= 0:
            return float(4 * r)
        e = _quantities(self.nominal.at_grid, a, self._primary(a), mu)[2, 0]
        return float(2 * (-mu / (2 * energy)) * (1 + e))

    def density(self, a: int, members: list[MemberRun] | None = None) -> Integers:
        """Return the counts, [spans, 512, 512], row 0 at the least y."""
        primary, width = self._primary(a), self.half_width(a)
        shift = level(self.request.steps, 3)
        cells = np.zeros(((self.request.steps - 1 >> shift) + 1, CELLS, CELLS), np.int64)
        every = self.sample_every
        for one in self.members if members is None else members:
            relative = one.samples[:, a, 2:4] - one.samples[:, primary, 2:4]
            with np.errstate(invalid="ignore"):
                place = np.floor((relative + width) * (CELLS / 2 / width))
            inside = np.all((place >= 0) & (place < CELLS), axis=1)
            span = ((np.arange(1, len(relative) + 1) * every - 1) >> shift)[inside]
            column, row = place[inside].astype(int).T
            np.add.at(cells, (span, row, column), 1)
        return cells

    @property
    def sample_every(self) -> int:
        """Iterations from one sample of the density to the next."""
        return 1 << _sample_level(self.request.trajectory)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the table: a row for each member and analysed agent."""
        names = self.request.trajectory.scenario.names
        for one in self.members:
            for a in self.request.analysed:
                figures = one.statistics[names[a]]
                state = dict(one.end[names[a]])
                yield {
                    "member": one.number,
                    "agent": names[a],
                    "outcome": self.outcome(one, names[a]),
                    "steps": one.steps,
                    "escape_at": figures["unbound_from"],
                    "closest": figures["min"],
                    "closest_at": figures["min_at"],
                    "t": state.pop("time"),
                    **{key: value for key, value in state.items() if key != "timeStep"},
                    "a": figures["elements"]["semi_major_axis"],
                    "e": figures["elements"]["eccentricity"],
                }


def _sample_level(trajectory: Trajectory) -> int:
    return SAMPLE_BITS if trajectory.scenario.model.own_clocks else 0


def _member(trajectory: Trajectory, number: int, grid: Integers) -> MemberRun:
    bits = min(_sample_level(trajectory), level(int(grid[-1]), 8))
    start = initial_checkpoint(trajectory.dispersed)
    names, steps = trajectory.scenario.names, int(grid[-1])
    parts = [start.records[None, :, 0, 1:]]
    while start.iteration < steps:
        count = min(trajectory.interval, steps - start.iteration)
        passed = pass_interval(trajectory, start, count, bits, bits, empty_tally(len(names)))
        if isinstance(passed, Failure):
            raise PropagationFailed(passed)  # members that end are the engine's own tests'
        start, _, path = passed
        parts.append(path.states)
    states = np.concatenate(parts)
    last = start.records[:, 0, 1:]
    at = [
        states[k >> bits] if k >> bits < len(states) and k % (1 << bits) == 0 else last
        for k in grid
    ]
    at_grid = np.array(at)
    alone = Propagation.open(trajectory, steps)
    elements: Any = alone.elements()
    figures: Any = alone.statistics()
    statistics = {
        name: {
            "unbound_from": one["unbound_from"],
            "min": one["r"]["min"],
            "min_at": one["r"]["min_at"],
            "elements": elements[name]["end"],
        }
        for name, one in figures.items()
    }
    skip = 1 << (_sample_level(trajectory) - bits)
    end = {name: state.to_json() for name, state in alone.end.items()}
    return MemberRun(number, at_grid, states[1:][skip - 1 :: skip], "", steps, statistics, end)


def _quantities(states: Floats, a: int, primary: int, mu: float) -> Floats:
    """Return distance, energy and eccentricity, [3, G]."""
    relative = states[:, a] - states[:, primary]
    d = relative.shape[1] // 2 - 1
    r, v = relative[:, 2 : 2 + d], relative[:, 2 + d :]
    distance = np.linalg.norm(r, axis=1)
    energy = np.sum(v * v, axis=1) / 2 - mu / distance
    along = (np.sum(v * v, axis=1) / mu - 1 / distance)[:, None] * r
    vector = along - (np.sum(r * v, axis=1) / mu)[:, None] * v
    return np.array([distance, energy, np.linalg.norm(vector, axis=1)])


def _quantile(values: Floats, p: int) -> Floats:
    """Return a quantile of each column's numbers; nan where there is none."""
    out = np.full(values.shape[1], np.nan)
    for g, column in enumerate(values.T):
        live = column[np.isfinite(column)]
        if live.size:
            out[g] = np.percentile(live, p, method="inverted_cdf")
    return out


def _listed(values: Floats) -> list[float | None]:
    return [float(one) if np.isfinite(one) else None for one in values]


def _axis(energy: float | None, mu: float) -> float | None:
    return None if energy is None or energy >= 0 else -mu / (2 * energy)


def _survival(count: Integers, members: int) -> dict[str, list[float]]:
    """Return the fraction that is bound, with the interval of E. B. Wilson, JASA 22 (1927), 209."""
    p = count / members
    centre = (p + Z * Z / (2 * members)) / (1 + Z * Z / members)
    root = np.sqrt(p * (1 - p) / members + Z * Z / (4 * members**2))
    half = Z / (1 + Z * Z / members) * root
    return {
        "count": count.tolist(),
        "fraction": p.tolist(),
        "low": np.maximum(0, centre - half).tolist(),
        "high": np.minimum(1, centre + half).tolist(),
    }


def _notable(values: list[float | None]) -> dict[str, dict[str, float | None]]:
    ranked = sorted((np.inf if v is None else v, m) for m, v in enumerate(values))
    places = {p: ranked[max(0, -(-p * len(ranked) // 100) - 1)] for p in NOTABLE}
    return {
        "quantiles": {str(p): None if v == np.inf else v for p, (v, _) in places.items()},
        "members": {str(p): None if v == np.inf else m for p, (v, m) in places.items()},
    }


def _sentence(members: int, steps: int, agent: Mapping[str, Any]) -> str:
    gone = agent["outcomes"]["escaped"]
    near = agent["closest"]["quantiles"]["50"]
    return (
        f"Of {members:,} members, {100 * gone / members:.0f} % have escaped by step {steps:,}; "
        f"the median closest approach is {near:.3g} to {bin_end(near):.3g}."
    )
