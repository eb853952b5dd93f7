from __future__ import annotations

import gc
import itertools
import tracemalloc
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from sim import NANO, Trajectory
from sim.engine import Propagation, initial_checkpoint
from sim.engine.archive import Archive
from sim.engine.downsampling import concatenated
from sim.errors import PropagationFailed
from sim.scenario import NanoScenario
from tests.unit.sim.engine.samples import stretches_of
from tests.unit.sim.scenarios import DIVERGENCE

TRAJECTORY = Trajectory(seed=3)
INTERVAL = TRAJECTORY.interval
STEPS = 3 * INTERVAL + 500


@cache
def archive_of(*counts: int, steps: int = STEPS) -> Archive:
    return Archive(TRAJECTORY, steps, stretches_of(TRAJECTORY, *counts))


@pytest.mark.parametrize("counts", [(3,), (1, 2), (2, 3), (5,)])
def test_the_contents_do_not_depend_on_the_stretches(counts: tuple[int, ...]) -> None:
    one, other = archive_of(1, 1, 1), archive_of(*counts)
    assert (one.complete, one.intervals) == (other.complete, other.intervals) == (3, 4)
    assert one.end == other.end
    assert np.array_equal(one.clocks, other.clocks)
    for interval in range(4):
        assert one.checkpoint(interval) == other.checkpoint(interval)
        assert one.end_of(interval) == other.end_of(interval)
    for start, stop in itertools.combinations(range(5), 2):
        intervals = range(start, stop)
        for of_one, of_other in zip(
            concatenated(one.bins(intervals)), concatenated(other.bins(intervals)), strict=True
        ):
            assert of_one.tobytes() == of_other.tobytes()
        paths = [
            np.concatenate([path.states for path in each.paths(intervals)]) for each in (one, other)
        ]
        assert paths[0].tobytes() == paths[1].tobytes()
    for tally_one, tally_other in zip(one.tallies(), other.tallies(), strict=True):
        assert tally_one.tobytes() == tally_other.tobytes()


def test_an_interval_ends_where_the_next_begins_and_the_last_at_the_end() -> None:
    archive = archive_of(3)
    assert [archive.end_of(j) for j in range(3)] == [archive.checkpoint(j) for j in (1, 2, 3)]
    assert archive.end_of(3) == archive.end
    assert archive.end.iteration == STEPS
    assert [archive.iterations_of(j) for j in range(4)] == [INTERVAL] * 3 + [500]


def test_without_a_partial_interval_the_end_is_a_checkpoint() -> None:
    archive = archive_of(3, steps=3 * INTERVAL)
    assert (archive.complete, archive.intervals) == (3, 3)
    assert archive.end == archive.checkpoint(3)
    assert len(archive.clocks) == 4


def test_a_propagation_shorter_than_an_interval_needs_no_stretch() -> None:
    archive = Archive(TRAJECTORY, 500, ())
    assert (archive.complete, archive.intervals, archive.stretches) == (0, 1, ())
    assert archive.checkpoint(0) == initial_checkpoint(NANO)
    assert archive.overlapping(0.0, 1e9) == range(1)


def test_overlapping_intervals_hold_every_clock_of_the_window() -> None:
    archive = archive_of(3)
    for j in range(archive.intervals):
        middle = float((archive.clocks[j] + archive.clocks[j + 1]).mean() / 2)
        assert archive.overlapping(middle, middle) == range(j, j + 1)
    assert archive.overlapping(-5.0, -1.0) == range(1)
    assert archive.overlapping(1e9, 2e9) == range(3, 4)
    assert archive.overlapping(-1.0, 1e9) == range(4)


def test_an_end_in_the_partial_interval_is_a_failure() -> None:
    with pytest.raises(PropagationFailed):
        Archive(Trajectory(DIVERGENCE), 50_000, ())


@pytest.mark.parametrize(
    ("agents", "steps"), [(2, 10), (2, 9_400), (2, 3 * INTERVAL + 500), (300, 20), (300, 900)]
)
def test_it_counts_what_it_holds_in_memory(agents: int, steps: int) -> None:
    planet, satellite = NANO.agents
    many = tuple(replace(satellite, name=f"Satellite {i}") for i in range(agents - 1))

    def made() -> Archive:
        trajectory = Trajectory(
            NanoScenario((planet, *many), NANO.dt_min, NANO.dt_span, NANO.epsilon)
        )
        stretches = Propagation.open(trajectory, steps).stretches
        archive = Archive(trajectory, steps, stretches)
        assert archive.clocks.size
        return archive

    made()  # what is made once, such as the kernel
    tracemalloc.start()
    try:
        archive = made()
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 0.9 * held < archive.nbytes < 1.5 * held + 4_096
