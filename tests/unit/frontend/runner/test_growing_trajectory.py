from __future__ import annotations

from dataclasses import replace

import pytest

from frontend.runner.growing_trajectory import GrowingTrajectory
from sim.engine import checksum, initial_checkpoint, pass_over
from sim.errors import Failure, FailureReason
from sim.intervals import INTERVAL_ITERATIONS
from sim.scenario import Trajectory
from tests.crowded import crowded

TRAJECTORY = Trajectory(seed=3)


@pytest.fixture
def growing() -> GrowingTrajectory:
    """A trajectory of two stretches: of two intervals, and of one."""
    made = GrowingTrajectory(TRAJECTORY, [], [])
    for intervals in (2, 1):
        stretch = pass_over(TRAJECTORY, made.tail, intervals)
        made.append(stretch, made.entry(stretch, stretch.to_bytes()))
    return made


def test_it_begins_at_the_scenarios_first_checkpoint_with_nothing_stored() -> None:
    empty = GrowingTrajectory(TRAJECTORY, [], [])
    assert empty.tail == initial_checkpoint(TRAJECTORY.scenario)
    assert (empty.head, empty.intervals, empty.iterations, empty.good) == ("", 0, 0, 0)


def test_it_continues_where_its_last_stretch_ends(growing: GrowingTrajectory) -> None:
    assert growing.intervals == 3
    assert growing.good == growing.iterations == growing.tail.iteration == 3 * INTERVAL_ITERATIONS


def test_its_head_is_the_checksum_of_the_last_stretchs_bytes(growing: GrowingTrajectory) -> None:
    stretch = pass_over(TRAJECTORY, growing.tail, 1)
    data = stretch.to_bytes()
    growing.append(stretch, growing.entry(stretch, data))
    assert growing.head == checksum(data)


def test_what_it_holds_of_a_thousand_agents_is_checkpoints_and_diagnostics() -> None:
    crowd = Trajectory(crowded(1_000))
    growing = GrowingTrajectory(crowd, [], [])
    stretch = pass_over(crowd, growing.tail, 1)
    growing.append(stretch, growing.entry(stretch, stretch.to_bytes()))
    assert stretch.nbytes > 60e6
    assert growing.stretches[-1].nbytes < 1e6
    assert growing.tail == stretch.tail


def test_an_entry_describes_its_stretch(growing: GrowingTrajectory) -> None:
    first, second = growing.chain
    assert (first.first, first.count, second.first, second.count) == (0, 2, 2, 1)
    assert first.records == sum(growing.stretches[0].records)


@pytest.mark.parametrize(
    ("steps", "intervals", "stretches"),
    [
        (1, 1, 1),
        (2 * INTERVAL_ITERATIONS, 2, 1),
        (2 * INTERVAL_ITERATIONS + 1, 3, 2),
        (9 * INTERVAL_ITERATIONS, 9, 2),
    ],
)
def test_a_result_rests_on_the_stretches_that_its_steps_reach(
    growing: GrowingTrajectory, steps: int, intervals: int, stretches: int
) -> None:
    assert growing.trajectory.intervals_for(steps) == intervals
    assert growing.stretches_for(steps) == stretches


def test_a_failure_limits_what_results_may_have(growing: GrowingTrajectory) -> None:
    failure = Failure(180_000, ("Planet", "Satellite"), FailureReason.COLLISION)
    assert replace(growing, failure=failure).good == 180_000
