from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import Agent, NanoScenario, Propagation, Trajectory
from sim.engine import make_slice, slice_to_bytes
from sim.errors import Failure, FailureReason, IntegrityError, PropagationFailed, RequestError
from sim.records import initial_records
from sim.reference import simulate
from tests.unit.sim.engine.samples import bits, raw, row, rows, stretches_of
from tests.unit.sim.scenarios import COLLISION, DIVERGENCE, SCENARIOS, THREE, agent
from tests.unit.sim.strategies import trajectories

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

INTERVAL = Trajectory().interval


def outcome(compute: Callable[[], Iterable[tuple[Any, ...]]]) -> bytes | Failure:
    """The bits, or why there are none."""
    try:
        return bits(compute())
    except PropagationFailed as error:
        return error.failure


@settings(max_examples=60, deadline=None)
@given(trajectory=trajectories(), steps=st.integers(1, 60))
def test_any_valid_trajectory_equals_the_reference_or_ends_where_it_does(
    trajectory: Trajectory, steps: int
) -> None:
    assert outcome(
        lambda: map(row, simulate(trajectory.scenario, trajectory.seed, steps, trajectory.member))
    ) == outcome(lambda: rows(Propagation.open(trajectory, steps).slices()))


def test_a_shorter_propagation_is_the_beginning_of_a_longer_one() -> None:
    long = Propagation.open(Trajectory(), 2 * INTERVAL + 99)
    short = Propagation.open(Trajectory(), INTERVAL + 17)
    again = Propagation.open(Trajectory(), INTERVAL + 17, long.stretches)
    assert again.summary() == short.summary()
    assert again.overview().to_json() == short.overview().to_json()
    beginning = rows(short.slices())
    assert rows(long.slices())[: len(beginning)] == beginning


def test_stretches_with_a_gap_are_refused() -> None:
    stretches = stretches_of(Trajectory(), 1, 1, 1)
    with pytest.raises(IntegrityError):
        Propagation.open(Trajectory(), 3 * INTERVAL, [stretches[0], stretches[2]])


class Cache:
    def __init__(self, slices: dict[int, bytes]) -> None:
        self.slices = slices
        self.asked: list[int] = []

    def get(self, interval: int) -> bytes | None:
        self.asked.append(interval)
        return self.slices.get(interval)


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
    empty = slice_to_bytes(trajectory, 2, initial_records(trajectory.scenario).slice(0, 0))
    for slices in (made, {}, {0: made[0], 1: altered, 2: made[1]}, {1: b"", 2: empty}):
        cache = Cache(dict(slices))
        assert raw(propagation.slices(cache=cache)) == expected
        assert 3 not in cache.asked  # the last, partial interval is never cached


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
    scenario = NanoScenario(agents, 0.5, 0.0, 0.01)
    with pytest.raises(PropagationFailed) as expected:
        simulate(scenario, 0, 1_000)
    assert expected.value.failure.agents == ends
    with pytest.raises(PropagationFailed) as met:
        Propagation.open(Trajectory(scenario), 1_000)
    assert met.value.failure == expected.value.failure


@pytest.mark.parametrize("counts", [(), (1,), (1, 2)], ids=str)
def test_a_time_gives_the_fewest_steps_after_which_every_clock_has_reached_it(
    counts: tuple[int, ...],
) -> None:
    trajectory = Trajectory(seed=3)
    opened = Propagation.open(
        trajectory, stretches=stretches_of(trajectory, *counts), until=5_000.0
    )
    before = Propagation.open(trajectory, opened.steps - 1)
    assert min(state.time for state in before.end.values()) < 5_000.0
    assert min(state.time for state in opened.end.values()) >= 5_000.0
    assert opened.summary() == Propagation.open(trajectory, opened.steps).summary()


def test_steps_and_a_time_together_or_neither_are_refused() -> None:
    for steps, until in ((5, 5.0), (None, None)):
        with pytest.raises(ValueError, match="either a number of steps or a time"):
            Propagation.open(Trajectory(), steps, until=until)
    with pytest.raises(RequestError, match="above 0"):
        Propagation.open(Trajectory(), until=-1.0)


@pytest.mark.parametrize("least_level", [2, 9, 40])
def test_opened_at_a_coarser_level_everything_but_its_figures_is_the_same(least_level: int) -> None:
    trajectory = Trajectory(SCENARIOS["ten"], 3)
    steps = 3 * trajectory.interval + 1234
    whole = Propagation.open(trajectory, steps)
    coarser = Propagation.open(trajectory, steps, least_level=least_level)
    assert coarser.nbytes < whole.nbytes
    assert coarser.summary() == whole.summary()
    assert raw(coarser.slices()) == raw(whole.slices())
    wide = coarser.overview(pixels=100).to_json()
    assert wide["window"] == whole.overview(pixels=100).to_json()["window"]
    if least_level < 9:  # a window on 100 pixels needs no finer one
        assert wide == whole.overview(pixels=100).to_json()


def test_a_figure_in_a_frame_that_there_is_not_is_refused() -> None:
    propagation = Propagation.open(Trajectory(), 500)
    with pytest.raises(RequestError, match="frame must be one of inertial, primary"):
        propagation.overview(frame="Satelite")  # type: ignore[arg-type]  # no frame
    assert len(repr(propagation.overview(frame="primary"))) < 200
