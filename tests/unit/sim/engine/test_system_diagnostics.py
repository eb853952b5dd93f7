"""Energy, momentum, angular momentum and barycentre, bit for bit a loop over agents and pairs."""

from __future__ import annotations

import itertools
import json
import math
from typing import Any, TypeAlias

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import NANO, Trajectory
from sim.engine.archive import Archive
from sim.engine.checkpoint import initial_checkpoint
from sim.engine.downsampling import merged_path
from sim.engine.stretch import pass_over
from sim.engine.system_diagnostics import system_diagnostics
from sim.intervals import PATH_BITS, level
from tests.unit.sim.scenarios import SCENARIOS, THREE

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
Vector: TypeAlias = list[float]
Sample: TypeAlias = list[list[float]]

# Columns time, timeStep, x, y, z, vx, vy, vz: a binary of equal masses, on a circle.
BINARY = np.array(
    [[0.0, 0.1, 1.0, 0.0, 0.0, 0.0, 0.5, 0.0], [0.0, 0.1, -1.0, 0.0, 0.0, 0.0, -0.5, 0.0]]
)


class Sums:
    """The quantities of one sample, in plain Python, as docs/models.md has them."""

    def __init__(self, mu: list[float], sample: Sample) -> None:
        agents = [(m, *split(state)) for m, state in zip(mu, sample, strict=True) if m != 0.0]
        kinetic = bond = self.total = later = 0.0
        self.momentum, self.angular_momentum = [0.0] * 3, [0.0] * 3
        moment = [0.0] * 3
        for m, time, r, v in agents:
            self.total += m
            later += m * (time - agents[0][1])
            kinetic += 0.5 * m * ((v[0] * v[0] + v[1] * v[1]) + v[2] * v[2])
            turning = [
                r[1] * v[2] - r[2] * v[1],
                r[2] * v[0] - r[0] * v[2],
                r[0] * v[1] - r[1] * v[0],
            ]
            for axis in range(3):
                self.momentum[axis] += m * v[axis]
                self.angular_momentum[axis] += m * turning[axis]
                moment[axis] += m * r[axis]
        for (m, _, r, _), (n, _, s, _) in itertools.combinations(agents, 2):
            bond += m * n / apart(s, r)
        self.energy = kinetic - bond
        if self.total != 0.0:
            self.time = agents[0][1] + later / self.total
            self.barycentre = [sum_ / self.total for sum_ in moment]


def split(state: list[float]) -> tuple[float, Vector, Vector]:
    """Time, position and velocity; those of the plane in space."""
    time, _, *rest = state
    half = len(rest) // 2
    return time, [*rest[:half], 0.0][:3], [*rest[half:], 0.0][:3]


def apart(a: Vector, b: Vector) -> float:
    x, y, z = (own - other for own, other in zip(a, b, strict=True))
    return math.sqrt((x * x + y * y) + z * z)


def expected(mu: list[float], start: Sample, end: Sample, samples: list[Sample]) -> dict[str, Any]:
    first, *others = (Sums(mu, sample) for sample in [start, end, *samples])
    axes = 2 if len(start[0]) == 6 else 3
    described: dict[str, Any] = {}
    for name in ("momentum", "angular_momentum"):
        of = [getattr(sums, name) for sums in (first, *others)]
        described[name] = {
            "start": of[0][:axes],
            "end": of[1][:axes],
            "departure": max(apart(later, of[0]) for later in of[1:]),
        }
    if axes == 2:
        angular = described["angular_momentum"]
        angular |= {"start": first.angular_momentum[2], "end": others[0].angular_momentum[2]}
    departure = max(abs(later.energy - first.energy) for later in others)
    described["energy"] = {
        "start": first.energy,
        "end": others[0].energy,
        "departure": departure,
        "relative_departure": departure / abs(first.energy) if first.energy else None,
    }
    described["barycentre"] = (
        barycentre(first, others, axes)
        if first.total != 0.0
        else dict.fromkeys(("start", "end", "departure"))
    )
    return described


def barycentre(first: Sums, others: list[Sums], axes: int) -> dict[str, Any]:
    departures = []
    for later in others:
        straight = [
            b + p / first.total * (later.time - first.time)
            for b, p in zip(first.barycentre, first.momentum, strict=True)
        ]
        departures.append(apart(later.barycentre, straight))
    return {
        "start": first.barycentre[:axes],
        "end": others[0].barycentre[:axes],
        "departure": max(departures),
    }


def bits(value: object) -> str:
    return json.dumps(value, sort_keys=True, allow_nan=False)  # repr of a float: all its bits


@st.composite
def systems(draw: st.DrawFn) -> tuple[list[float], Floats]:
    """The mu of some agents, and states of float64[samples, M, 6 or 8] in which none meet."""
    agents, samples = draw(st.integers(1, 5)), draw(st.integers(2, 9))
    width = draw(st.sampled_from([6, 8]))
    mu = draw(
        st.lists(st.sampled_from([0.0, 1.0, -1.0, 0.1, 3e-6]), min_size=agents, max_size=agents)
    )
    states = np.random.default_rng(draw(st.integers(0, 2**32))).normal(
        size=(samples, agents, width)
    )
    if draw(st.booleans()):
        states[..., 0] = states[:, :1, 0]  # one clock for all
    return mu, states


@given(systems(), st.integers(0, 9))
def test_they_are_those_of_a_loop_over_agents_and_pairs(
    system: tuple[list[float], Floats], cut: int
) -> None:
    mu, states = system
    start, samples, end = states[0], states[1:-1], states[-1]
    described = system_diagnostics(mu, start, end, [samples[:cut], samples[cut:]])
    assert bits(described) == bits(expected(mu, start.tolist(), end.tolist(), samples.tolist()))


def test_many_samples_of_many_agents_have_the_bits_of_one_at_a_time() -> None:
    draw = np.random.default_rng(5)
    mu, states = draw.uniform(0.1, 1.0, 40).tolist(), draw.normal(size=(2000, 40, 8))
    whole = system_diagnostics(mu, states[0], states[-1], [states])
    cut = system_diagnostics(mu, states[0], states[-1], [states[i : i + 1] for i in range(2000)])
    assert bits(whole) == bits(cut)


def test_a_binary_has_the_energy_and_the_momenta_of_the_books() -> None:
    """E = -m1*m2/(2a) with a = 2, L = m1*m2/(m1 + m2)*sqrt((m1 + m2)*a): Goldstein, section 3.7."""
    described: Any = system_diagnostics([1.0, 1.0], BINARY, BINARY, [])
    assert described["energy"]["start"] == -0.25
    assert described["momentum"]["start"] == [0.0, 0.0, 0.0]
    assert described["angular_momentum"]["start"] == [0.0, 0.0, 1.0]
    assert described["barycentre"]["start"] == [0.0, 0.0, 0.0]
    assert [entry["departure"] for entry in described.values()] == [0.0] * 4


def test_a_departure_is_the_largest_of_the_samples_and_the_end() -> None:
    there, back = BINARY.copy(), BINARY.copy()
    there[0, 2:5] = 1.0, 3.0, 4.0  # the barycentre is 2.5 from where it was
    back[1, 5] = 0.5
    described: Any = system_diagnostics([1.0, 1.0], BINARY, back, [there[np.newaxis]])
    assert described["barycentre"]["departure"] == 2.5
    assert described["momentum"]["departure"] == 0.5
    assert described["energy"]["departure"] == pytest.approx(0.5 - 1.0 / math.sqrt(29.0))
    assert described["energy"]["relative_departure"] == 4 * described["energy"]["departure"]


def test_a_barycentre_that_moves_straight_does_not_depart() -> None:
    moving = BINARY.copy()
    moving[:, 5:] += 0.25, -2.0, 1.0
    later = moving.copy()
    later[:, 0] = 8.0
    later[:, 2:5] += 2.0, -16.0, 8.0
    described: Any = system_diagnostics([1.0, 1.0], moving, later, [])
    assert described["barycentre"]["departure"] == 0.0
    assert described["barycentre"]["end"] == [2.0, -16.0, 8.0]


def test_agents_without_mass_change_nothing() -> None:
    extra = np.vstack([BINARY, np.full((1, 8), np.nan)])  # wherever it is
    described = system_diagnostics([1.0, 1.0, 0.0], extra, extra, [extra[np.newaxis]])
    assert described == system_diagnostics([1.0, 1.0], BINARY, BINARY, [])


@pytest.mark.parametrize("mu", [[1.0, -1.0], [0.0, 0.0]])
def test_without_a_sum_of_mu_there_is_no_barycentre(mu: list[float]) -> None:
    described: Any = system_diagnostics(mu, BINARY, BINARY, [BINARY[np.newaxis]])
    assert described["barycentre"] == {"start": None, "end": None, "departure": None}
    assert described["energy"]["departure"] == 0.0


def test_an_energy_of_0_has_no_relative_departure() -> None:
    described: Any = system_diagnostics([0.0, 0.0], BINARY, BINARY, [])
    assert described["energy"] == {
        "start": 0.0,
        "end": 0.0,
        "departure": 0.0,
        "relative_departure": None,
    }


def test_what_no_number_holds_is_null_and_no_warning() -> None:
    large = BINARY * 1e300
    described: Any = system_diagnostics(
        [1e300, 1.0], BINARY, large, [large[np.newaxis], BINARY[np.newaxis]]
    )
    for name in ("energy", "momentum", "angular_momentum"):
        assert described[name]["start"] is not None
        assert described[name]["end"] is None
        assert described[name]["departure"] is None, "a later sample does not hide it"


@pytest.mark.parametrize("name", ["nano", "three", "ten", "alone"])
def test_those_of_nano_are_of_its_path(name: str) -> None:
    trajectory = Trajectory(SCENARIOS[name], 3)
    archive = Archive(trajectory, 3000, [])
    path = merged_path(archive.paths(range(archive.intervals)), level(3000, PATH_BITS)).states
    mu = [agent.mu for agent in trajectory.scenario.agents]
    start, end = (c.records[:, 0, 1:] for c in (archive.checkpoint(0), archive.end))
    described = system_diagnostics(mu, start, end, [path])
    assert len(path) == 3000
    assert bits(described) == bits(expected(mu, start.tolist(), end.tolist(), path.tolist()))


def test_a_planet_alone_moves_straight_by_its_own_clock() -> None:
    """The barycentre's time is the mean of the clocks by mass: here that of the only mass."""
    archive = Archive(Trajectory(NANO, 3), 3000, [])
    path = merged_path(archive.paths(range(1)), 0).states
    start, end = (c.records[:, 0, 1:] for c in (archive.checkpoint(0), archive.end))
    described: Any = system_diagnostics([1.0, 0.0], start, end, [path])
    assert described["energy"]["departure"] == 0.0
    assert described["barycentre"]["departure"] < 1e-13


def test_they_do_not_depend_on_how_a_trajectory_is_cut() -> None:
    trajectory = Trajectory(THREE, 1)
    first = pass_over(trajectory, initial_checkpoint(THREE), 1)
    second = pass_over(trajectory, first.tail, 1)
    whole = pass_over(trajectory, initial_checkpoint(THREE), 2)
    steps, mu = 2 * trajectory.interval, [agent.mu for agent in THREE.agents]
    texts = []
    for stretches in ([first, second], [whole]):
        archive = Archive(trajectory, steps, stretches)
        paths = merged_path(archive.paths(range(2)), level(steps, PATH_BITS))
        start, end = (c.records[:, 0, 1:] for c in (archive.checkpoint(0), archive.end))
        texts.append(bits(system_diagnostics(mu, start, end, [paths.states])))
    assert texts[0] == texts[1]
