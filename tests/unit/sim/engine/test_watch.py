from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from sim.engine.archive import Archive
from sim.engine.watch import Watch
from sim.order import Escape, Until, Within
from sim.scenario import NANO, Trajectory
from tests.unit.sim.engine.samples import stretches_of
from tests.unit.sim.scenarios import CROWD

if TYPE_CHECKING:
    from sim.order import Condition


def _whole(trajectory: Trajectory, condition: Condition, intervals: int) -> int | None:
    """The answer of a scan of all iterations, without what is archived of the intervals."""
    watch = Watch(trajectory, condition)
    for stretch in stretches_of(trajectory, *[1] * intervals):
        found = watch.see_part(stretch.checkpoint(0), trajectory.interval)
        if found is not None:
            return found
    return None


@pytest.mark.parametrize("seed", [0, 1, 5])
@pytest.mark.parametrize(
    "condition",
    [
        Until(3_000.0),
        Until(9_999.5),
        Within("Satellite", 0.02),
        Within("Satellite", 1e-9),
        Escape("Satellite"),
    ],
    ids=str,
)
def test_the_answer_does_not_depend_on_how_stretches_are_cut(
    seed: int, condition: Condition
) -> None:
    trajectory, expected = Trajectory(NANO, seed), None
    expected = _whole(trajectory, condition, 4)
    for counts in ((4,), (1, 3), (1, 1, 1, 1), (3, 1)):
        watch = Watch(trajectory, condition)
        for stretch in stretches_of(trajectory, *counts):
            watch.see(stretch)
        assert watch.steps == expected


def test_an_escape_of_the_default_scenario_is_found_in_a_later_interval() -> None:
    found = {_whole(Trajectory(NANO, seed), Escape("Satellite"), 4) for seed in (0, 1, 5)}
    assert any(steps is not None and steps > NANO.interval for steps in found)


def test_intervals_that_were_seen_are_not_looked_at_again() -> None:
    trajectory = Trajectory(NANO, 5)
    whole, first, second = (
        stretches_of(trajectory, 2)[0],
        *stretches_of(trajectory, 1, 1),
    )
    once, again = (Watch(trajectory, Escape("Satellite")) for _ in range(2))
    once.see(whole)
    for stretch in (first, first, whole, second):
        again.see(stretch)
    assert (again.intervals, again.steps) == (once.intervals, once.steps)


def test_a_gap_before_a_stretch_is_an_error() -> None:
    trajectory = Trajectory()
    with pytest.raises(ValueError, match="intervals from 0 on"):
        Watch(trajectory, Until(1.0)).see(stretches_of(trajectory, 1, 1)[1])


def test_many_agents_have_all_reached_the_time() -> None:
    trajectory = Trajectory(CROWD, 2)
    stretch = stretches_of(trajectory, 2)[0]
    time = float(np.median(stretch.checkpoint(1).clocks))
    steps = Watch(trajectory, Until(time)).see(stretch)
    assert steps is not None
    before, after = (
        Archive(trajectory, iterations, stretches_of(trajectory, 1)).end.clocks.min()
        for iterations in (steps - 1, steps)
    )
    assert before < time <= after
