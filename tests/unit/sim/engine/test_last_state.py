"""Claims about the state of an agent after the last step, held to the result's own end."""

from __future__ import annotations

import pytest

from sim import Propagation, Trajectory
from sim.presets import NAMES, preset


@pytest.mark.parametrize("name", NAMES)
def test_a_series_holds_the_state_in_which_each_agent_ends(name: str) -> None:
    propagation = Propagation.open(Trajectory(preset(name).scenario), 200)
    summary = propagation.summary()
    for agent in propagation.series(5.0, 6.0, 64)["agents"]:
        last, end = agent["last"], summary["end"][agent["name"]]  # type: ignore[index]  # JSON
        assert last["t"] == end["time"]
        assert [last[axis] for axis in "xyz" if axis in last] == [  # type: ignore[literal-required]
            end[axis] for axis in "xyz" if axis in end
        ]
        if agent["primary"] is None:
            assert set(last) <= {"t", "x", "y", "z"}
            continue
        elements = summary["elements"][agent["name"]]["end"]  # type: ignore[index]  # JSON
        assert last["a"] == pytest.approx(elements["semi_major_axis"], rel=1e-9)
        assert last["ecc"] == pytest.approx(elements["eccentricity"], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("steps", [1, 499, 500])
@pytest.mark.parametrize("name", ["eccentric", "hierarchical-triple"])
def test_the_last_state_is_where_one_step_more_starts(name: str, steps: int) -> None:
    trajectory = Trajectory(preset(name).scenario)
    shorter, longer = (Propagation.open(trajectory, n).series() for n in (steps, steps + 1))
    for of, further in zip(shorter["agents"], longer["agents"], strict=True):
        last = of["last"]
        assert last["t"] == further["t0"][steps]
        for quantity in ("r", "e", "h"):
            assert last[quantity] == pytest.approx(further[quantity]["min"][steps], rel=1e-9)
