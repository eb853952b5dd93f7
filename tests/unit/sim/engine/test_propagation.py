from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import NANO, Agent, Propagation, Scenario, State, Trajectory
from sim.engine import (
    Stretch,
    initial_checkpoint,
    make_slice,
    pass_over,
    slice_from_bytes,
    slice_to_bytes,
)
from sim.errors import Failure, FailureReason, IntegrityError, PropagationFailed
from sim.intervals import SERIES_BITS, interval_iterations, level
from sim.records import NUMBERS
from sim.reference import initial_records, iterations, simulate
from tests.unit.sim.scenarios import SATELLITE_FIRST, THREE
from tests.unit.sim.strategies import trajectories

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sim.reference import Record

INTERVAL = interval_iterations(2)


def agent(name: str, mu: float, *numbers: float, primary: str | None = None) -> Agent:
    return Agent(name, mu, State(0.0, *numbers), primary)


ALONE = Scenario((agent("Alone", 1.0, 0.01, 0.0, 0.0, 1.0, 0.5),), 0.01, 0.09, 0.001)
TEN = Scenario(
    tuple(
        agent(
            f"Body {i}", 0.1 * (i % 4), 0.01 + 0.003 * i, math.cos(i) * (1 + i), i - 4.5, 0.1, 0.3
        )
        for i in range(10)
    ),
    0.02,
    0.03,
    0.001,
)
CROWD = Scenario(  # more clocks, and more massive agents, than the kernel looks at one by one
    tuple(
        agent(
            f"Body {i}", 0.01 * (i % 10 == 0), 0.01 + 0.003 * (i % 7), i, 10 * math.sin(i), 0.1, 0.3
        )
        for i in range(120)
    ),
    0.01,
    0.05,
    0.002,
)
IN_STEP = Scenario(  # clocks that differ by exact multiples of epsilon: reads at a record's edge
    (
        agent("A", 1.0, 0.002, 0.0, 0.0, 0.0, 0.1),
        agent("B", 0.5, 0.003, 1.0, 0.0, 0.0, 1.0),
        agent("C", 0.0, 0.004, 2.0, 0.0, 0.0, 0.7),
    ),
    0.002,
    0.0,
    0.001,
)
SCENARIOS = {
    "alone": ALONE,
    "nano": NANO,
    "satellite first": SATELLITE_FIRST,
    "three": THREE,
    "ten": TEN,
    "crowd": CROWD,
    "in step": IN_STEP,
}


def rows(batches: Iterable[pa.RecordBatch]) -> list[tuple[Any, ...]]:
    table = pa.Table.from_batches(list(batches))
    agents = table["agent"].combine_chunks().indices.to_pylist()
    return list(zip(agents, *(table[name].to_pylist() for name in NUMBERS), strict=True))


def row(record: Record) -> tuple[Any, ...]:
    s = record.state
    return (record.agent, record.t0, record.t1, s.time_step, s.x, s.y, s.vx, s.vy)


def bits(many: Iterable[tuple[Any, ...]]) -> bytes:
    """All numbers, as their bits: so that -0.0 is not 0.0."""
    return np.array([list(one) for one in many], np.float64).tobytes()


def outcome(compute: Callable[[], Iterable[tuple[Any, ...]]]) -> bytes | Failure:
    """The bits, or why there are none."""
    try:
        return bits(compute())
    except PropagationFailed as error:
        return error.failure


def raw(batches: Iterable[pa.RecordBatch]) -> bytes:
    """The bits of many records, quickly."""
    table = pa.Table.from_batches(list(batches)).combine_chunks()
    columns = [table["agent"].chunk(0).indices, *(table[name].chunk(0) for name in NUMBERS)]
    return b"".join(column.to_numpy().tobytes() for column in columns)


def stretches_of(trajectory: Trajectory, *counts: int) -> list[Stretch]:
    start, made = initial_checkpoint(trajectory.scenario), []
    for count in counts:
        made.append(pass_over(trajectory, start, count))
        start = made[-1].tail
    return made


@pytest.mark.parametrize("seed", [0, 1, 7, 2**32 + 5, 2**53 - 1])
@pytest.mark.parametrize("name", SCENARIOS)
def test_records_equal_the_reference_bit_for_bit(name: str, seed: int) -> None:
    trajectory = Trajectory(SCENARIOS[name], seed)
    steps = 700 if len(trajectory.scenario.agents) <= 10 else 150
    expected = bits(map(row, simulate(trajectory.scenario, seed, steps)))
    assert bits(rows(Propagation.open(trajectory, steps).slices())) == expected


@settings(max_examples=60, deadline=None)
@given(trajectory=trajectories(), steps=st.integers(1, 60))
def test_any_valid_trajectory_equals_the_reference_or_ends_where_it_does(
    trajectory: Trajectory, steps: int
) -> None:
    assert outcome(
        lambda: map(row, simulate(trajectory.scenario, trajectory.seed, steps))
    ) == outcome(lambda: rows(Propagation.open(trajectory, steps).slices()))


@pytest.mark.parametrize("name", ["nano", "satellite first", "three", "in step", "ten", "crowd"])
def test_no_cut_changes_a_bit(name: str) -> None:
    trajectory = Trajectory(SCENARIOS[name], 3)
    interval = trajectory.interval
    steps = 3 * interval + 1234
    whole = Propagation.open(trajectory, steps)
    expected = raw(whole.slices())
    for counts in ([3], [1, 2], [2, 1], [1, 1, 1], [1], [5], [2, 4], [1, 3]):
        cut = Propagation.open(trajectory, steps, stretches_of(trajectory, *counts))
        assert cut.summary() == whole.summary()
        assert cut.overview().to_json() == whole.overview().to_json()
        assert raw(cut.slices()) == expected


def test_a_shorter_propagation_is_the_beginning_of_a_longer_one() -> None:
    long = Propagation.open(Trajectory(), 2 * INTERVAL + 99)
    short = Propagation.open(Trajectory(), INTERVAL + 17)
    again = Propagation.open(Trajectory(), INTERVAL + 17, long.stretches)
    assert again.summary() == short.summary()
    assert again.overview().to_json() == short.overview().to_json()
    beginning = rows(short.slices())
    assert rows(long.slices())[: len(beginning)] == beginning


def test_a_stretch_reads_back_from_its_bytes_with_the_same_bits() -> None:
    for stretch in stretches_of(Trajectory(THREE, 5), 2, 1):
        data = stretch.to_bytes()
        again = Stretch.from_bytes(stretch.trajectory, data)
        assert again.to_bytes() == data
        assert again.tail == stretch.tail
        assert again.checkpoints == stretch.checkpoints


@given(at=st.integers(0), flip=st.integers(1, 255))
def test_altered_bytes_of_a_stretch_are_an_integrity_error_or_the_same_numbers(
    at: int, flip: int
) -> None:
    data = bytearray(STRETCH)
    data[at % len(data)] ^= flip
    try:
        read = Stretch.from_bytes(Trajectory(), bytes(data))
    except IntegrityError:
        return
    assert (read.first, read.count) == (0, 1)  # what else it may be is its checksum's to tell


STRETCH = stretches_of(Trajectory(), 1)[0].to_bytes()


@pytest.mark.parametrize("data", [b"", b"ARROW1", STRETCH[:-20], STRETCH[20:]])
def test_half_a_stretch_is_an_integrity_error(data: bytes) -> None:
    with pytest.raises(IntegrityError):
        Stretch.from_bytes(Trajectory(), data)


def test_the_stretch_of_another_trajectory_is_an_integrity_error() -> None:
    with pytest.raises(IntegrityError):
        Stretch.from_bytes(Trajectory(seed=1), STRETCH)


def test_stretches_with_a_gap_are_refused() -> None:
    stretches = stretches_of(Trajectory(), 1, 1, 1)
    with pytest.raises(IntegrityError):
        Propagation.open(Trajectory(), 3 * INTERVAL, [stretches[0], stretches[2]])


def test_a_slice_that_does_not_end_in_its_checkpoint_is_refused() -> None:
    stretch, other = (stretches_of(Trajectory(seed=seed), 1)[0] for seed in (0, 1))
    start = stretch.checkpoints[0]
    assert make_slice(stretch.trajectory, start, INTERVAL, stretch.tail).num_rows > INTERVAL
    with pytest.raises(IntegrityError):
        make_slice(stretch.trajectory, start, INTERVAL, other.tail)


def test_a_slice_is_bound_to_its_bytes_and_its_place() -> None:
    trajectory = Trajectory()
    batch = make_slice(trajectory, initial_checkpoint(NANO), 100, None)
    data = slice_to_bytes(trajectory, 4, batch)
    assert slice_from_bytes(trajectory, 4, data).equals(batch)
    for altered in (data[:-1], data[:60] + bytes([data[60] ^ 1]) + data[61:], b""):
        with pytest.raises(IntegrityError):
            slice_from_bytes(trajectory, 4, altered)
    with pytest.raises(IntegrityError):
        slice_from_bytes(trajectory, 5, data)
    with pytest.raises(IntegrityError):
        slice_from_bytes(Trajectory(seed=1), 4, data)


class Archive:
    def __init__(self, slices: dict[int, bytes]) -> None:
        self.slices = slices
        self.asked: list[int] = []

    def get(self, interval: int) -> bytes | None:
        self.asked.append(interval)
        return self.slices.get(interval)

    def put(self, interval: int, data: bytes) -> None:
        self.slices[interval] = data


def test_cached_slices_change_nothing_whether_intact_altered_or_gone() -> None:
    trajectory = Trajectory()
    propagation = Propagation.open(trajectory, 3 * INTERVAL + 5)
    expected = raw(propagation.slices())
    stretch = propagation.stretches[0]
    bounds = [*stretch.checkpoints, stretch.tail]
    made = {
        j: slice_to_bytes(trajectory, j, make_slice(trajectory, a, INTERVAL, b))
        for j, (a, b) in enumerate(itertools.pairwise(bounds))
    }
    altered = made[1][:-9] + b"!" + made[1][-8:]
    for slices in (made, {}, {0: made[0], 1: altered, 2: made[1]}):
        cache = Archive(dict(slices))
        assert raw(propagation.slices(cache=cache)) == expected
        assert 3 not in cache.asked  # the last, partial one is nobody's to keep


@pytest.mark.parametrize(
    "window",
    [(-math.inf, 1.0), (0.0, 0.5), (5.0, 5.0), (2862.0, 2863.5), (1e9, 2e9), (3.0, math.inf)],
)
def test_a_window_gives_the_records_that_overlap_it(window: tuple[float, float]) -> None:
    propagation = Propagation.open(Trajectory(), 2 * INTERVAL)
    t0, t1 = window
    expected = [r for r in rows(propagation.slices()) if r[2] > t0 and r[1] <= t1]
    batches = list(propagation.slices(t0, t1))
    assert (rows(batches) if batches else []) == expected


def test_counts_and_the_end_are_those_of_the_records() -> None:
    propagation = Propagation.open(Trajectory(THREE), 999)
    records = simulate(THREE, 0, 999)
    assert propagation.records == len(records)
    for a, name in enumerate(THREE.names):
        own = [record for record in records if record.agent == a]
        assert propagation.records_by_agent[name] == len(own)
        assert propagation.end[name] == own[-1].state


COLLISION = Scenario(
    (agent("Rock", 1.0, 0.1, 0.0, 0.0, 0.0, 0.0), agent("Pebble", 0.0, 0.1, 0.0, 0.0, 0.0, 0.0)),
    0.1, 0.0, 0.01,
)  # fmt: skip
DIVERGENCE = Scenario((agent("Runaway", 0.0, 0.5, 1e308, 0.0, 1e308, 0.0),), 0.5, 0.0, 0.01)


def test_a_trajectory_that_ends_names_the_agents_and_the_last_good_iteration() -> None:
    with pytest.raises(PropagationFailed) as met:
        Propagation.open(Trajectory(COLLISION), 10)
    assert met.value.failure.reason is FailureReason.COLLISION
    assert met.value.failure.agents == ("Pebble", "Rock")
    assert met.value.failure.iteration == 0
    with pytest.raises(PropagationFailed) as away:
        Propagation.open(Trajectory(DIVERGENCE), 100_000)
    last = away.value.failure.iteration
    assert Propagation.open(Trajectory(DIVERGENCE), last).records == last + 1
    with pytest.raises(PropagationFailed):
        Propagation.open(Trajectory(DIVERGENCE), last + 1)


RUNAWAY = agent("Runaway", 0.0, 0.5, 1e308, 0.0, 1e308, 0.0)  # not finite after two steps
FASTER = agent("Faster", 0.0, 0.5, 1e308, 1.0, 1.7e308, 0.0)  # after one
# Meets the rock, which pulls it by less than there are numbers for, in its fourth step.
PEBBLE = agent("Pebble", 0.0, 0.5, -2.0, 0.0, 1.0, 0.0)
ROCK = agent("Rock", 5e-324, 0.5, 0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("agents", "ends"),
    [
        ((PEBBLE, ROCK), ("Pebble", "Rock")),
        ((ROCK, RUNAWAY), ("Runaway",)),
        ((PEBBLE, ROCK, RUNAWAY), ("Runaway",)),
        ((RUNAWAY, PEBBLE, ROCK), ("Runaway",)),
        ((RUNAWAY, FASTER), ("Faster",)),
        ((RUNAWAY, FASTER, ROCK), ("Faster",)),
        ((replace(RUNAWAY, name="Twin"), ROCK, RUNAWAY), ("Twin",)),
    ],
)
def test_what_comes_first_ends_a_trajectory_whatever_would_follow(
    agents: tuple[Agent, ...], ends: tuple[str, ...]
) -> None:
    scenario = Scenario(agents, 0.5, 0.0, 0.01)
    with pytest.raises(PropagationFailed) as expected:
        simulate(scenario, 0, 1_000)
    assert expected.value.failure.agents == ends
    with pytest.raises(PropagationFailed) as met:
        Propagation.open(Trajectory(scenario), 1_000)
    assert met.value.failure == expected.value.failure


@pytest.mark.parametrize("massive", [1, 3, 9])
@pytest.mark.parametrize("speeds", [(4e306, 4.002e306), (4e306, 3e306)])
def test_a_late_end_is_the_references(massive: int, speeds: tuple[float, float]) -> None:
    still = [agent(f"Still {i}", 1e-3, 0.01, i, i * i, 0.1, 0.0) for i in range(massive)]
    away = [agent(f"Away {i}", 0.0, 0.02, 0.0, -1.0, vx, 0.0) for i, vx in enumerate(speeds)]
    for agents in (still[:1] + away[:1], still + away):
        scenario = Scenario(tuple(agents), NANO.dt_min, NANO.dt_span, NANO.epsilon)
        with pytest.raises(PropagationFailed) as expected:
            simulate(scenario, 5, 9_000)
        with pytest.raises(PropagationFailed) as met:
            Propagation.open(Trajectory(scenario, 5), 9_000)
        assert met.value.failure == expected.value.failure
        assert met.value.failure.iteration > 1_024  # not in the first that are computed at a time


def test_a_stretch_ends_where_its_trajectory_does() -> None:
    stretch = pass_over(Trajectory(DIVERGENCE), initial_checkpoint(DIVERGENCE), 3)
    assert stretch.count == 0
    assert stretch.failure is not None
    again = Stretch.from_bytes(stretch.trajectory, stretch.to_bytes())
    assert again.failure == stretch.failure
    good = stretch.failure.iteration
    assert Propagation.open(stretch.trajectory, good, [again]).steps == good
    with pytest.raises(PropagationFailed):
        Propagation.open(stretch.trajectory, 5 * INTERVAL, [again])


# The overview and the statistics, against a computation that reads the universe naively.


def naive_steps(trajectory: Trajectory, steps: int) -> list[list[dict[str, Any]]]:
    """For each iteration its steps: the agent, its new state, and r, e, h as it saw its primary."""
    scenario = trajectory.scenario
    history = [[record] for record in initial_records(scenario)]
    told: list[list[dict[str, Any]]] = []
    for records in itertools.islice(iterations(scenario, trajectory.seed), steps):
        told.append([])
        for record in records:
            a, primary = record.agent, scenario.primaries[record.agent]
            step: dict[str, Any] = {"agent": a, "state": record.state}
            if primary is not None:
                q = record.t0 - scenario.epsilon
                p = next(r for r in reversed(history[primary]) if r.t0 <= q < r.t1).state
                s = history[a][-1].state
                rx, ry, wx, wy = p.x - s.x, p.y - s.y, s.vx - p.vx, s.vy - p.vy
                r = math.sqrt(rx * rx + ry * ry)
                e = 0.5 * (wx * wx + wy * wy) - scenario.agents[primary].mu / r
                step |= {"r": r, "e": e, "h": ry * wx - rx * wy}
            told[-1].append(step)
            history[a].append(record)
    return told


@pytest.mark.parametrize("name", ["nano", "satellite first", "three", "ten"])
def test_statistics_equal_a_naive_computation(name: str) -> None:
    trajectory = Trajectory(SCENARIOS[name], 2)
    told = naive_steps(trajectory, 1500)
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
                (s[quantity], i) for i, its in enumerate(told) for s in its if s["agent"] == a
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
        energies = [(s["e"], i) for i, its in enumerate(told) for s in its if s["agent"] == a]
        above = list(itertools.takewhile(lambda pair: pair[0] > 0, reversed(energies)))
        assert of["unbound_from"] == (above[-1][1] if above else None)


@pytest.mark.parametrize(("name", "steps"), [("nano", 500), ("nano", 9000), ("three", 5000)])
def test_the_series_are_the_extremes_of_each_bin(name: str, steps: int) -> None:
    trajectory = Trajectory(SCENARIOS[name])
    told = naive_steps(trajectory, steps)
    overview = Propagation.open(trajectory, steps).overview(pixels=2048).to_json()
    lengths = 1 << level(steps, SERIES_BITS)
    assert overview["level"] == level(steps, SERIES_BITS)
    assert overview["exact"] == (lengths == 1)
    agents: Any = overview["agents"]
    for a, drawn in enumerate(agents):
        for quantity in ("x", "y", "r", "e", "h"):
            if quantity not in drawn["series"]:
                assert drawn["primary"] is None
                continue
            for b in range(-(-steps // lengths)):
                steps_of = [
                    s
                    for its in told[b * lengths : (b + 1) * lengths]
                    for s in its
                    if s["agent"] == a
                ]
                values = [
                    getattr(s["state"], quantity) if quantity in "xy" else s[quantity]
                    for s in steps_of
                ]
                assert drawn["series"][quantity]["min"][b] == (min(values) if values else None)
                assert drawn["series"][quantity]["max"][b] == (max(values) if values else None)


def test_a_window_is_drawn_finer_than_the_whole() -> None:
    propagation = Propagation.open(Trajectory(), 4 * INTERVAL)
    whole = propagation.overview(pixels=1000)
    end: Any = whole.to_json()["window"]
    part: Any = propagation.overview(100.0, 110.0, pixels=1000).to_json()
    assert end["t0"] == 0.0
    assert whole.level > part["level"] == 0
    for drawn in part["agents"]:
        times = drawn["series"]["t"]
        assert times[0] <= 100.2
        assert times[-1] >= 109.8
        assert all(99.0 < t < 111.0 for t in times)


def test_around_the_primary_a_path_is_the_distance_from_it() -> None:
    drawn: Any = Propagation.open(Trajectory(), 2000).overview(frame="primary").to_json()["agents"]
    planet, satellite = (each["path"] for each in drawn)
    assert set(planet["x"]) == set(planet["y"]) == {0.0}
    distances = np.hypot(satellite["x"], satellite["y"])
    assert 0.3 < distances.min() < distances.max() < 1.2
    assert satellite["mode"] == "lines"
