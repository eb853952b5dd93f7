from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sim import NANO, Trajectory, kernel
from sim.engine import initial_checkpoint
from sim.engine.diagnostics import empty_tally
from sim.engine.interval_pass import failure_of, pass_interval
from sim.errors import Failure, FailureReason
from sim.reference import simulate
from tests.unit.sim.scenarios import DIVERGENCE

if TYPE_CHECKING:
    from sim.engine.checkpoint import Checkpoint
    from sim.engine.downsampling import Bins, Path


def passed(
    trajectory: Trajectory, start: Checkpoint, iterations: int
) -> tuple[Checkpoint, Bins, Path]:
    tally = empty_tally(len(trajectory.scenario.agents))
    result = pass_interval(trajectory, start, iterations, 3, 2, tally)
    assert not isinstance(result, Failure)
    return result


def test_two_passes_reach_the_checkpoint_of_one() -> None:
    trajectory, start = Trajectory(seed=3), initial_checkpoint(NANO)
    middle, _, _ = passed(trajectory, start, 512)
    end, _, _ = passed(trajectory, middle, 512)
    assert end == passed(trajectory, start, 1024)[0]
    assert start == initial_checkpoint(NANO)


def test_bins_and_samples_are_as_many_as_the_levels_say() -> None:
    end, bins, path = passed(Trajectory(), initial_checkpoint(NANO), 1_001)
    assert end.iteration == 1_001
    assert (bins.level, len(bins.series), len(bins.clocks)) == (3, 126, 126)
    assert (path.level, len(path.states)) == (2, 250)


def test_a_failure_counts_iterations_from_the_start_of_the_trajectory() -> None:
    trajectory, start = Trajectory(DIVERGENCE), initial_checkpoint(DIVERGENCE)
    tally = empty_tally(1)
    failure = pass_interval(trajectory, start, 1_000, 3, 2, tally)
    assert isinstance(failure, Failure)
    assert len(simulate(DIVERGENCE, 0, failure.iteration)) == failure.iteration + 1
    middle, _, _ = passed(trajectory, start, failure.iteration)
    assert pass_interval(trajectory, middle, 8, 3, 2, tally) == failure


@pytest.mark.parametrize(
    ("outcome", "reason", "names"),
    [
        (kernel.COLLISION, FailureReason.COLLISION, ("Satellite", "Planet")),
        (kernel.DIVERGENCE, FailureReason.DIVERGENCE, ("Satellite",)),
        (kernel.STANDSTILL, FailureReason.STANDSTILL, ("Planet", "Satellite")),
    ],
)
def test_a_failure_names_the_agents_that_it_concerns(
    outcome: int, reason: FailureReason, names: tuple[str, ...]
) -> None:
    assert failure_of(NANO, 9, outcome, 1, 0) == Failure(9, names, reason)
