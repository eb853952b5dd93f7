"""What is kept of an ensemble, in plain Python, member by member, as the documents say it."""

from __future__ import annotations

import math
import struct
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim import Propagation
from sim.ensemble.grid import grid_iterations
from sim.errors import PropagationFailed
from sim.intervals import level
from sim.reference import initial_records, iterations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.models.model import AnyState, Scenario
    from sim.scenario import PropagationRequest, Trajectory

Vector = tuple[float, float, float]


@dataclass
class Member:
    """A member's newest states after each iteration, and how it ended."""

    states: list[list[AnyState]]  # by iteration, by agent
    starts: list[dict[int, float]]  # by iteration, the clock at the start of each agent's step
    end: PropagationFailed | None
    statistics: dict[str, dict[str, object]]

    @property
    def good(self) -> int:
        return len(self.states) - 1


def member_of(trajectory: Trajectory, steps: int) -> Member:
    scenario = trajectory.dispersed
    newest = [record.state for record in initial_records(scenario)]
    states, starts, end = [list(newest)], list[dict[int, float]](), None
    going = iterations(scenario, trajectory.seed, trajectory.member)
    try:
        for _ in range(steps):
            records = next(going)
            for record in records:
                newest[record.agent] = record.state
            states.append(list(newest))
            starts.append({record.agent: record.t0 for record in records})
    except PropagationFailed as failed:
        end = failed
    good = len(states) - 1
    statistics = Propagation.open(trajectory, good).statistics() if good else {}
    return Member(states, starts, end, statistics)  # type: ignore[arg-type] # JSON


def coordinates(state: AnyState) -> tuple[Vector, Vector]:
    return (state.x, state.y, getattr(state, "z", 0.0)), (
        state.vx,
        state.vy,
        getattr(state, "vz", 0.0),
    )


def relative(scenario: Scenario, states: Sequence[AnyState], a: int) -> tuple[Vector, Vector]:
    """Position and velocity less those of the primary."""
    mine = coordinates(states[a])
    primary = scenario.primaries[a]
    if primary is not None:
        theirs = coordinates(states[primary])
    else:
        mass, sums = 0.0, [0.0] * 6
        for b in scenario.massive:
            if b != a:
                mu = scenario.agents[b].mu
                mass += mu
                numbers = [*coordinates(states[b])[0], *coordinates(states[b])[1]]
                sums = [s + mu * number for s, number in zip(sums, numbers, strict=True)]
        means = [s / mass for s in sums]
        theirs = ((means[0], means[1], means[2]), (means[3], means[4], means[5]))
    r = tuple(p - q for p, q in zip(mine[0], theirs[0], strict=True))
    v = tuple(p - q for p, q in zip(mine[1], theirs[1], strict=True))
    return (r[0], r[1], r[2]), (v[0], v[1], v[2])


def quantities(mu: float, r: Vector, v: Vector) -> tuple[float, float, float]:
    """Distance, specific energy, eccentricity."""
    distance = math.sqrt((r[0] * r[0] + r[1] * r[1]) + r[2] * r[2])
    square = (v[0] * v[0] + v[1] * v[1]) + v[2] * v[2]
    energy = 0.5 * square - (mu / distance if distance else math.copysign(math.inf, mu))
    hx, hy = r[1] * v[2] - r[2] * v[1], r[2] * v[0] - r[0] * v[2]
    hz = r[0] * v[1] - r[1] * v[0]
    h = math.sqrt((hx * hx + hy * hy) + hz * hz)
    if not mu > 0.0 or not math.isfinite(energy):
        return distance, energy, math.nan
    return distance, energy, math.sqrt(max(0.0, 1.0 + 2.0 * energy * h * h / (mu * mu)))


def key(value: float, centre: float) -> int:
    if abs(value - centre) < abs(centre) / 2:
        zone, number = 1, value - centre
    else:
        zone, number = (0 if value < centre else 2), value
    (bits,) = struct.unpack(
        "<Q", struct.pack("<d", math.nan if math.isnan(number) else number + 0.0)
    )
    ordered = (~bits & (2**64 - 1)) if bits >= 2**63 else bits ^ 2**63
    return (zone << 19) | int(ordered >> 45)


@dataclass
class Kept:
    """What is kept of one agent of members."""

    histograms: list[list[Counter[int]]]  # by quantity, by time
    bound: list[int]
    ended: list[int]
    outcomes: Counter[str]
    escape: dict[int, list[int]]  # members by key
    closest: dict[int, list[int]]
    cells: Counter[int]
    outside: list[int]


class Naive:
    """An ensemble's members first to first + count - 1, one by one."""

    def __init__(self, request: PropagationRequest, first: int, count: int) -> None:
        self.request = request
        self.grid = grid_iterations(request.steps).tolist()
        self.numbers = range(first, first + count)
        trajectory = request.trajectory
        self.nominal = member_of(trajectory.nominal, request.steps)
        self.members = [member_of(trajectory.of_member(m), request.steps) for m in self.numbers]

    def values(self, member: Member, a: int, k: int) -> tuple[float, float, float]:
        scenario = self.request.trajectory.scenario
        return quantities(scenario.gravity[a], *relative(scenario, member.states[k], a))

    def centre(self, a: int, k: int, q: int) -> float:
        if k > self.nominal.good:
            return 0.0
        value = self.values(self.nominal, a, k)[q]
        return value if math.isfinite(value) else 0.0

    def half_width(self, a: int) -> float:
        distance, energy, eccentricity = self.values(self.nominal, a, 0)
        mu = self.request.trajectory.scenario.gravity[a]
        if not energy < 0.0 or not mu > 0.0:
            return 4.0 * distance
        return 2.0 * (-mu / (2.0 * energy) * (1.0 + eccentricity))

    def kept(self, a: int) -> Kept:
        alive = {k: [m for m in self.members if m.good >= k] for k in self.grid}
        histograms = [
            [Counter(key(self.values(m, a, k)[q], self.centre(a, k, q)) for m in alive[k])
             for k in self.grid]
            for q in range(3)
        ]  # fmt: skip
        bound = [sum(self.values(m, a, k)[1] <= 0.0 for m in alive[k]) for k in self.grid]
        ended = [len(self.members) - len(alive[k]) for k in self.grid]
        outcomes, escape, closest = Counter[str](), dict[int, list[int]](), dict[int, list[int]]()
        for number, m in zip(self.numbers, self.members, strict=True):
            since, least = self.escape_at(m, a), self.closest(m, a)
            closest.setdefault(key(least, 0.0), []).append(number)
            if since is not None:
                escape.setdefault(key(float(since), 0.0), []).append(number)
            live = "bound" if since is None else "escaped"
            outcomes[live if m.end is None else str(m.end.failure.reason)] += 1
        cells, outside = self.density(a)
        return Kept(histograms, bound, ended, outcomes, escape, closest, cells, outside)

    def _statistics(self, m: Member, a: int) -> dict[str, object]:
        return m.statistics.get(self.request.trajectory.scenario.names[a], {})

    def escape_at(self, m: Member, a: int) -> int | None:
        return self._statistics(m, a).get("unbound_from")  # type: ignore[return-value] # JSON

    def escape_time(self, m: Member, a: int) -> float:
        since = self.escape_at(m, a)
        return math.nan if since is None else m.starts[since][a]

    def closest(self, m: Member, a: int) -> float:
        distances = self._statistics(m, a).get("r", {"min": None})
        least = distances["min"]  # type: ignore[index] # JSON
        return math.inf if least is None else least

    def closest_at(self, m: Member, a: int) -> int:
        distances = self._statistics(m, a).get("r", {"min_at": -1})
        return distances["min_at"]  # type: ignore[index,no-any-return] # JSON

    def density(self, a: int) -> tuple[Counter[int], list[int]]:
        scenario, steps, w = (
            self.request.trajectory.scenario,
            self.request.steps,
            self.half_width(a),
        )
        every = 16 if scenario.model.own_clocks else 1
        shift = level(steps, 3)
        cells, outside = Counter[int](), [0] * (((steps - 1) >> shift) + 1)
        for m in self.members:
            for k in range(every, m.good + 1, every):
                (x, y, _), _ = relative(scenario, m.states[k], a)
                column, row = (x + w) * (256 / w), (y + w) * (256 / w)
                span = (k - 1) >> shift
                if 0 <= column < 512 and 0 <= row < 512:
                    cells[(span * 512 + math.floor(row)) * 512 + math.floor(column)] += 1
                else:
                    outside[span] += 1
        return cells, outside
