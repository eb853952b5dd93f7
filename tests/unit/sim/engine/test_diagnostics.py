"""Claims about diagnostics over several intervals, held to the records bit for bit."""

from __future__ import annotations

import itertools
import math
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
import pytest

from sim import NANO, Agent, NanoScenario, Propagation, State, Trajectory
from sim.engine import initial_checkpoint, pass_over
from sim.engine.diagnostics import orbit_of
from sim.models.nano.cost import interval_iterations
from sim.scenario import read_scenario
from tests.unit.sim.engine.naive import naive_steps
from tests.unit.sim.scenarios import SATELLITE_FIRST, SCENARIOS, THREE

INTERVAL: Final = interval_iterations(2)
STEPS: Final = INTERVAL + 321

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
Integers: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]

MUTUAL = NanoScenario(  # each the other's primary, the lighter one first
    (
        Agent("B", 0.5, State(0.0, 0.02, 0.0, 1.0, 0.8, 0.0)),
        Agent("A", 1.0, State(0.0, 0.03, 0.0, -0.5, -0.4, 0.0), primary="B"),
    ),
    0.01,
    0.02,
    0.004,
)


class AgentRecords(NamedTuple):
    """An agent's records: the iteration of each (-1: before the first), and its numbers."""

    iteration: Integers
    t0: Floats
    state: Floats  # x, y, vx, vy by record


def records_by_agent(propagation: Propagation) -> list[AgentRecords]:
    """The records, which are the reference's (test_propagation_bits.py), by agent."""
    table = pa.Table.from_batches(list(propagation.slices())).combine_chunks()
    agents = table["agent"].chunk(0).indices.to_numpy()
    t0, t1, *state = (table[name].to_numpy() for name in ("t0", "t1", "x", "y", "vx", "vy"))
    scenario = propagation.trajectory.scenario
    assert isinstance(scenario, NanoScenario)
    whose = [agents == a for a in range(len(scenario.agents))]
    numbers = numbered([t1[own].tolist() for own in whose], scenario.epsilon, propagation.steps)
    return [
        AgentRecords(np.array(number), t0[own], np.stack(state, axis=1)[own])
        for number, own in zip(numbers, whose, strict=True)
    ]


def numbered(times: list[list[float]], epsilon: float, steps: int) -> list[list[int]]:
    """The iteration of each record: no agent steps while it is ahead of another by epsilon."""
    numbers = [[-1] for _ in times]
    clocks = [own[0] for own in times]
    for number in range(steps):
        for a, own in enumerate(numbers):
            if all(clocks[a] - epsilon < clock for clock in clocks):
                clocks[a] = times[a][len(own)]
                own.append(number)
    assert [len(own) for own in numbers] == [len(own) for own in times]
    return numbers


def seen(
    scenario: NanoScenario, own: AgentRecords, other: AgentRecords, mu: float
) -> dict[str, Floats]:
    """What an agent reads of its primary at the start of each step: r, e and h."""
    read = np.searchsorted(other.t0, own.t0[1:] - scenario.epsilon, side="right") - 1
    p, s = other.state[read], own.state[:-1]
    rx, ry = p[:, 0] - s[:, 0], p[:, 1] - s[:, 1]
    wx, wy = s[:, 2] - p[:, 2], s[:, 3] - p[:, 3]
    r = np.sqrt(rx * rx + ry * ry)
    return {"r": r, "e": 0.5 * (wx * wx + wy * wy) - mu / r, "h": ry * wx - rx * wy}


def mean(values: Floats, numbers: Integers) -> float:
    """Sums in order within an interval, then over intervals."""
    total = None
    for first in range(0, int(numbers[-1]) + 1, INTERVAL):
        within = values[(numbers >= first) & (numbers < first + INTERVAL)]
        of_it = float(np.cumsum(within)[-1])  # which adds in order
        total = of_it if total is None else total + of_it
    assert total is not None
    return total / len(values)


def orbit(mu: float, e: float, h: float) -> tuple[float | None, float | None]:
    """Semi-major axis and eccentricity."""
    return -mu / (2.0 * e), math.sqrt(max(0.0, 1.0 + 2.0 * e * h * h / (mu * mu)))


def expected(scenario: NanoScenario, records: list[AgentRecords], a: int) -> dict[str, Any]:
    """The statistics of an agent by their definition, from its records."""
    primary = scenario.primaries[a]
    assert primary is not None
    mu, numbers = scenario.agents[primary].mu, records[a].iteration[1:]
    values = seen(scenario, records[a], records[primary], mu)
    described: dict[str, Any] = {"primary": scenario.names[primary], "steps": len(numbers)}
    for quantity, of in values.items():
        described[quantity] = {
            "min": of.min(),
            "min_at": numbers[of.argmin()],  # the first of equals
            "max": of.max(),
            "max_at": numbers[of.argmax()],
            "mean": mean(of, numbers),
        }
    bound = np.flatnonzero(~(values["e"] > 0.0))
    above = bound[-1] + 1 if len(bound) else 0
    described["unbound_from"] = numbers[above] if above < len(numbers) else None
    start, end = (orbit(mu, values["e"][i], values["h"][i]) for i in (0, -1))
    described["semi_major_axis"] = {"start": start[0], "end": end[0]}
    described["eccentricity"] = {"start": start[1], "end": end[1]}
    return described


@pytest.mark.parametrize(
    ("scenario", "seed"),
    [(NANO, 4), (SATELLITE_FIRST, 903), (THREE, 5), (MUTUAL, 1)],
    ids=["nano", "satellite first", "three", "mutual"],
)
def test_statistics_over_intervals_are_those_of_the_records(
    scenario: NanoScenario, seed: int
) -> None:
    propagation = Propagation.open(Trajectory(scenario, seed), STEPS)
    records, whole = records_by_agent(propagation), dict[str, Any](propagation.statistics())
    ours = {a for a, primary in enumerate(scenario.primaries) if primary is not None}
    assert set(whole) == {scenario.names[a] for a in ours}
    for a in ours:
        assert whole[scenario.names[a]] == expected(scenario, records, a)


def test_the_last_step_below_zero_is_found_in_whichever_interval_it_is() -> None:
    # Seed 10's satellite is bound for all of these iterations, seed 22's for the first four of
    # six intervals and a part of the fifth.
    for seed, since in ((10, None), (22, 281_973)):
        trajectory = Trajectory(seed=seed)
        whole: Any = Propagation.open(trajectory, 6 * INTERVAL).statistics()
        assert whole["Satellite"]["unbound_from"] == since
        start, stretches = initial_checkpoint(NANO), []
        for count in (1, 3, 2):
            stretches.append(pass_over(trajectory, start, count))
            start = stretches[-1].tail
        cut: Any = Propagation.open(trajectory, 6 * INTERVAL, stretches).statistics()
        assert cut == whole


@pytest.mark.parametrize("name", ["nano", "satellite first", "three", "ten"])
def test_statistics_equal_a_naive_computation(name: str) -> None:
    trajectory = Trajectory(SCENARIOS[name], 2)
    naive = naive_steps(trajectory, 1500)
    statistics = Propagation.open(trajectory, 1500).statistics()
    for a, (agent_name, primary) in enumerate(
        zip(trajectory.scenario.names, trajectory.scenario.primaries, strict=True)
    ):
        if primary is None:
            assert agent_name not in statistics
            continue
        of: Any = statistics[agent_name]
        for quantity in "reh":
            values = [
                (s[quantity], i) for i, its in enumerate(naive) for s in its if s["agent"] == a
            ]
            total = 0.0
            for value, _ in values:
                total += value
            lowest, highest = min(v for v, _ in values), max(v for v, _ in values)
            assert of[quantity]["min"] == lowest
            assert of[quantity]["max"] == highest
            assert of[quantity]["min_at"] == next(i for v, i in values if v == lowest)
            assert of[quantity]["max_at"] == next(i for v, i in values if v == highest)
            assert of[quantity]["mean"] == total / len(values)
        energies = [(s["e"], i) for i, its in enumerate(naive) for s in its if s["agent"] == a]
        above = list(itertools.takewhile(lambda pair: pair[0] > 0, reversed(energies)))
        assert of["unbound_from"] == (above[-1][1] if above else None)


def test_extremes_are_over_the_starts_of_steps_alone() -> None:
    at_rest = dict.fromkeys(("x", "y", "vx", "vy"), 0.0)
    leaving = {
        "model": "nbody",
        "integrator": "leapfrog",
        "dt": 1.0,
        "agents": [
            {**at_rest, "name": "Sun", "mu": 1.0},
            {**at_rest, "name": "Probe", "mu": 0.0, "x": 1.0, "vx": 5.0},
        ],
    }
    run = Propagation.open(Trajectory(read_scenario(leaving)), 2)
    distance: Any = run.statistics()["Probe"]
    starts = [x for record in run.slices() for x in record.column("x").to_pylist()[1::2]]
    assert distance["r"]["max"] == max(starts[:-1])
    assert run.end["Probe"].x == starts[-1] > distance["r"]["max"]


@pytest.mark.parametrize("exponent", [-900, -600, 0, 300, 600, 900])
def test_an_orbit_is_the_same_at_any_size(exponent: int) -> None:
    mu = 2.0**exponent  # distances stay, so energies grow with mu, and h with its square root
    axis, eccentricity = orbit_of(mu, -0.25 * mu, 2.0 ** (exponent // 2))
    assert (axis, eccentricity) == (2.0, math.sqrt(0.5))


@pytest.mark.parametrize("exponent", [-900, -600, 0, 300, 600, 900])
def test_an_open_orbit_has_a_negative_axis_and_an_eccentricity_above_1(exponent: int) -> None:
    mu = 2.0**exponent
    axis, eccentricity = orbit_of(mu, 0.25 * mu, 2.0 ** (exponent // 2))
    assert (axis, eccentricity) == (-2.0, math.sqrt(1.5))


def test_a_parabola_has_an_eccentricity_of_1_and_no_axis() -> None:
    assert orbit_of(1.0, 0.0, 1.5) == (None, 1.0)


def test_a_body_that_does_not_attract_is_not_orbited() -> None:
    assert orbit_of(0.0, 0.5, 1.0) == orbit_of(-1.0, 0.5, 1.0) == (None, None)


@pytest.mark.parametrize(
    ("mu", "e", "h"),
    [
        (5e-324, -1e308, 1e308),
        (1e308, -5e-324, math.inf),
        (5e-324, 1e308, 1e308),
        (1e308, 5e-324, math.inf),
        (1.0, math.inf, 1.0),
        (1.0, math.nan, 1.0),
    ],
)
def test_an_orbit_that_no_number_holds_is_none_and_no_warning(
    mu: float, e: float, h: float
) -> None:
    for element in orbit_of(*np.array([mu, e, h])):
        assert element is None or math.isfinite(element)
