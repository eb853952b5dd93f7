"""Claims about the series of a window, held to the model's own records and to single steps."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sim import NANO, Propagation, Trajectory
from sim.presets import preset

if TYPE_CHECKING:
    from collections.abc import Mapping

STEPS = 300_000  # several intervals
SATELLITE = "Satellite"
WINDOWS = [(None, None), (0.0, 200.0), (100.0, 100.5), (2_815.0, 2_825.0), (100.2, 100.2001)]


@functools.cache
def opened(steps: int = STEPS) -> Propagation:
    return Propagation.open(Trajectory(), steps)


@functools.cache
def single_steps() -> Mapping[str, Any]:
    """The satellite's steps to t = 400, one by one, as arrays."""
    document = opened().series(0.0, 400.0, 16_384)
    assert document["exact"]
    return arrays(document["agents"][0])


def arrays(agent: Any) -> Mapping[str, Any]:  # noqa: ANN401 - a document
    lists = {name: agent[name] for name in ("t0", "t1")}
    bands = {name: band for name, band in agent.items() if isinstance(band, dict) and "min" in band}
    flat = {f"{name}_{side}": band[side] for name, band in bands.items() for side in ("min", "max")}
    return {name: np.array(values, np.float64) for name, values in (lists | flat).items()}


@pytest.mark.parametrize(("t0", "t1"), WINDOWS)
@pytest.mark.parametrize("pixels", [16, 300, 1_024])
def test_bins_follow_each_other_and_reach_over_the_window(
    t0: float | None, t1: float | None, pixels: int
) -> None:
    document = opened().series(t0, t1, pixels)
    window, agent = document["window"], arrays(document["agents"][0])
    assert (agent["t0"][1:] == agent["t1"][:-1]).all()
    assert agent["t0"][0] <= window["t0"]
    assert agent["t1"][-1] >= min(window["t1"], document["end"] - 1.0)
    assert len(agent["t0"]) <= 2 * pixels + 4
    assert document["exact"] == (document["level"] == 0)


@pytest.mark.parametrize("pixels", [16, 100, 700])
@pytest.mark.parametrize(("t0", "t1"), [(0.0, 60.0), (100.0, 300.0), (200.3, 201.0)])
def test_each_bin_has_the_extremes_of_its_steps(t0: float, t1: float, pixels: int) -> None:
    steps, drawn = single_steps(), arrays(opened().series(t0, t1, pixels)["agents"][0])
    tested = 0
    for i in range(len(drawn["t0"])):
        # A step begins in the bin, or, where the agent waits, at the end of the one before.
        inside = (steps["t0"] >= drawn["t0"][i]) & (steps["t1"] <= drawn["t1"][i])
        inside &= steps["t1"] > steps["t0"]
        if not inside.any():
            continue
        tested += 1
        for name in ("r", "e", "h", "a", "x", "y"):
            assert drawn[f"{name}_min"][i] == np.nanmin(steps[f"{name}_min"][inside])
            assert drawn[f"{name}_max"][i] == np.nanmax(steps[f"{name}_max"][inside])
        assert drawn["ecc_min"][i] <= np.nanmin(steps["ecc_min"][inside])
        assert drawn["ecc_max"][i] >= np.nanmax(steps["ecc_max"][inside])
    assert tested > 5


def test_single_steps_are_those_of_the_records() -> None:
    steps = single_steps()
    stepped = ~np.isnan(steps["x_min"])
    records = [
        row
        for batch in opened().slices(0.0, 399.0)
        for row in batch.to_pylist()
        if row["agent"] == SATELLITE and math.isfinite(row["t0"])
    ]
    for name in ("x", "y"):
        known = np.array([row[name] for row in records])
        assert (steps[f"{name}_min"][stepped][: len(known)] == known).all()
    assert (steps["t1"][stepped][: len(records)] == [row["t1"] for row in records]).all()


def test_steps_are_counted_from_the_start() -> None:
    whole = opened().series(None, None, 1_024)
    assert whole["steps"] == {"first": 0, "last": STEPS}
    some = opened().series(100.0, 101.0, 1_024)
    agent = some["agents"][0]
    place = agent["t0"].index(next(t for t in agent["t0"] if t is not None and t >= 100.5))
    step = some["first"] + place
    longer = opened().series(0.0, 200.0, 16_384)
    assert longer["agents"][0]["t0"][step] == agent["t0"][place]


def test_a_window_between_two_steps_has_the_steps_around_it() -> None:
    steps = single_steps()
    at = int(np.flatnonzero(steps["t1"] - steps["t0"] > 0.05)[700])
    middle = (steps["t0"][at] + steps["t1"][at]) / 2
    document = opened().series(middle - 1e-9, middle + 1e-9)
    agent = arrays(document["agents"][0])
    assert document["exact"]
    assert document["steps"]["last"] - document["steps"]["first"] == 1
    assert agent["t0"][0] < steps["t0"][at]
    assert agent["t1"][-1] >= steps["t1"][at]
    stepped = ~np.isnan(agent["r_min"])
    assert (agent["t0"][stepped] < middle).any()
    assert (agent["t0"][stepped] > middle).any()


@pytest.mark.parametrize("middle", [95.172184525, 0.05, 215.0, 2_817.5])
def test_what_is_drawn_reaches_over_both_edges_also_where_agents_wait(middle: float) -> None:
    agent = arrays(opened().series(middle - 1e-9, middle + 1e-9)["agents"][0])
    stepped = ~np.isnan(agent["r_min"])
    assert agent["t0"][stepped][0] < middle < agent["t0"][stepped][-1]


def test_the_bound_phase_ends_at_the_same_time_in_a_longer_run() -> None:
    short, long = (opened(steps).series(pixels=16)["bound"] for steps in (STEPS, 900_001))
    assert short is not None
    assert short == long
    around = opened().series(short["until"] - 1.0, short["until"] + 1.0)
    agent = arrays(around["agents"][0])
    energy = np.where(np.isnan(agent["e_min"]), np.inf, agent["e_min"])
    assert (energy[agent["t0"] >= short["until"]] > 0).all()
    before = agent["e_min"][(agent["t0"] < short["until"]) & ~np.isnan(agent["e_min"])]
    assert before[-1] <= 0


def test_nobody_who_stays_has_left() -> None:
    assert opened(500).series()["bound"] is None
    pythagorean = preset("pythagorean").scenario
    assert Propagation.open(Trajectory(pythagorean), 500).series()["bound"] is None


def test_the_position_at_the_start_is_that_of_the_initial_state_or_of_the_step_before() -> None:
    start = opened().series(0.0, 1.0)["agents"][0]["start"]
    state = NANO.initial_states[1].to_json()
    assert start == [state["x"], state["y"]]
    steps = single_steps()
    agent = opened().series(100.0, 101.0)["agents"][0]
    before = int(np.flatnonzero((steps["t1"] <= agent["t0"][0]) & ~np.isnan(steps["x_min"]))[-1])
    assert agent["start"] == [steps["x_min"][before], steps["y_min"][before]]


def test_in_space_there_is_z() -> None:
    scenario = preset("outer-solar-system").scenario
    document = Propagation.open(Trajectory(scenario), 2_000).series(pixels=64)
    assert all("z" in agent and len(agent["start"]) == 3 for agent in document["agents"])
