"""Claims about the clocks after any number of steps, held to shorter runs and to the records."""

from __future__ import annotations

from typing import Any

import pytest

from sim import Propagation, Trajectory
from sim.presets import preset

STEPS = 2_500  # some intervals of nano, and a part of one


@pytest.mark.parametrize("after", [0, 1, 777, 1_024, 2_048, 2_499, STEPS])
def test_the_clocks_are_those_at_the_end_of_a_run_of_so_many_steps(after: int) -> None:
    clocks = Propagation.open(Trajectory(seed=4), STEPS).clocks_after(after)
    if after == 0:
        assert set(clocks.values()) == {0.0}
        return
    end: Any = Propagation.open(Trajectory(seed=4), after).summary()["end"]
    assert clocks == {name: state["time"] for name, state in end.items()}


def test_steps_that_a_tolerance_picks_are_counted_by_their_own_lengths() -> None:
    trajectory = Trajectory(preset("pythagorean").scenario)
    long, short = Propagation.open(trajectory, 3_000), Propagation.open(trajectory, 1_500)
    halfway = long.clocks_after(1_500)
    assert halfway == short.clocks_after(1_500)
    assert halfway["3"] != pytest.approx(long.clocks_after(3_000)["3"] / 2, rel=1e-3)
