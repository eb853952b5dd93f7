from __future__ import annotations

from sim import Trajectory
from sim.driver.chain import slice_specs
from sim.engine import make_slice, pass_over
from tests.unit.sim.engine.samples import stretches_of

TRAJECTORY = Trajectory(seed=7)


def test_a_slice_is_made_from_its_checkpoint_and_ends_in_the_next() -> None:
    _, stretch = stretches_of(TRAJECTORY, 1, 2)
    first, second = slice_specs(stretch, range(1, 3))
    assert (first.interval, second.interval) == (1, 2)
    assert first.expected == second.start
    assert second.expected == stretch.tail
    assert first.iterations == second.iterations == TRAJECTORY.interval
    for spec in (first, second):
        batch = make_slice(TRAJECTORY, spec.start, spec.iterations, spec.expected)
        assert batch.num_rows == stretch.interval_records[spec.interval - 1]


def test_only_the_intervals_asked_for_are_sliced() -> None:
    (stretch,) = stretches_of(TRAJECTORY, 3)
    assert [spec.interval for spec in slice_specs(stretch, range(2, 3))] == [2]
    assert slice_specs(stretch, range(0)) == []
    assert pass_over(TRAJECTORY, slice_specs(stretch, range(1))[0].start, 1).first == 0
