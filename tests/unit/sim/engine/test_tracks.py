"""Claims about the samples that the orbit view is drawn from, held to the records themselves."""

from __future__ import annotations

import functools
import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

from sim import Propagation, Trajectory
from sim.engine import MOST_POINTS
from sim.presets import preset

if TYPE_CHECKING:
    from sim.engine import Tracks

NANO_STEPS = 200_000  # the satellite escapes in between
ESCAPED = 82_000


@functools.cache
def of_preset(name: str) -> Propagation:
    chosen = preset(name)
    return Propagation.open(Trajectory(chosen.scenario), 3_000)


@functools.cache
def nano(steps: int = NANO_STEPS) -> Propagation:
    return Propagation.open(Trajectory(), steps)


def records(propagation: Propagation, agent: str, t0: float, t1: float) -> dict[float, list[float]]:
    """An agent's states by the time at which they are reached."""
    table = pa.Table.from_batches(list(propagation.slices(t0, t1))).to_pylist()
    axes = propagation.trajectory.scenario.model.dimensions
    names = [*"xyz"[:axes], *(f"v{axis}" for axis in "xyz"[:axes])]
    return {row["t1"]: [row[name] for name in names] for row in table if row["agent"] == agent}


def read(data: bytes) -> tuple[dict[str, Any], list[np.ndarray[Any, Any]]]:
    """Read the bytes as their description says."""
    length = int.from_bytes(data[:4], "little")
    head = json.loads(data[4 : 4 + length])
    at, arrays = -(-(4 + length) // 8) * 8, []
    tracks, axes, samples = head["tracks"], head["dimensions"], head["samples"]
    shapes = (
        ("<f8", (tracks if head["own_clocks"] else 1, samples)),
        ("<f8", (tracks, axes, samples)),
        ("<f4", (tracks, axes, samples)),
    )
    for kind, shape in shapes:
        arrays.append(np.frombuffer(data, kind, math.prod(shape), at).reshape(shape))
        at += arrays[-1].nbytes
    assert at == len(data)
    return head, arrays


@pytest.mark.parametrize("window", [(None, None), (100.0, 140.0), (500.0, 500.2)])
@pytest.mark.parametrize("track", [0, 1])
def test_each_sample_is_a_record(window: tuple[float | None, float | None], track: int) -> None:
    tracks = nano(20_000).tracks(*window, points=2_000)
    name = ("Planet", "Satellite")[track]
    known = records(nano(20_000), name, tracks.window[0] - 1, tracks.window[1] + 1)
    states = tracks.states[:, track]
    within = [state for state in states.tolist() if state[0] in known]
    assert len(within) >= len(states) - 2  # at the window's edges it is one beyond
    assert all(state[2:] == known[state[0]] for state in within)


def test_samples_reach_beyond_both_edges_of_a_window() -> None:
    tracks = nano().tracks(300.0, 301.0)
    times = tracks.states[:, :, 0]
    assert times[0].max() <= 300.0
    assert times[-1].min() >= 301.0
    assert tracks.level == 0


def test_a_window_within_one_step_has_the_two_states_about_it() -> None:
    tracks = nano().tracks(300.0, 300.0 + 1e-9)
    for track in (0, 1):
        times = tracks.states[:, track, 0]
        assert times.min() <= 300.0 < times.max()
    assert len(tracks.states) <= 8  # the other agent may step in between


@pytest.mark.parametrize("points", [16, 1_000, 50_000])
def test_there_are_about_as_many_samples_as_are_asked_for(points: int) -> None:
    tracks = nano().tracks(points=points)
    assert points / 5 <= tracks.states.shape[0] * tracks.states.shape[1] <= points + 8


def test_more_than_the_most_are_not_sampled() -> None:
    states = nano().tracks(points=10 * MOST_POINTS).states
    assert states.shape[0] * states.shape[1] <= MOST_POINTS


def test_the_bound_phase_ends_at_the_same_time_however_long_the_run_is() -> None:
    ends = {nano(steps).tracks().bound_until for steps in (ESCAPED, NANO_STEPS, 300_000)}
    assert len(ends) == 1
    (until,) = ends
    assert until is not None
    assert until < nano(ESCAPED).tracks().end


def test_one_that_stays_bound_has_no_end_of_it() -> None:
    tracks = nano(20_000).tracks()
    assert tracks.bound_until is None
    assert [body.escape for body in tracks.bodies] == [None, None]


def test_a_primary_that_was_not_asked_for_follows_the_bodies() -> None:
    tracks = nano(500).tracks(agents=[1])
    (satellite,) = tracks.bodies
    assert (satellite.name, satellite.primary, satellite.about) == ("Satellite", "Planet", 1)
    both = nano(500).tracks()
    assert (tracks.states[:, [1, 0]] == both.states).all()


def test_in_space_a_barycentre_is_a_track_of_its_own() -> None:
    tracks = of_preset("figure-eight").tracks()
    assert [body.primary for body in tracks.bodies] == ["barycentre"] * 3
    assert [body.about for body in tracks.bodies] == [3, 4, 5]
    others = (tracks.states[:, 1, 2:] + tracks.states[:, 2, 2:]) / 2
    assert np.allclose(tracks.states[:, 3, 2:], others, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["nano", "hierarchical-triple"])
def test_the_bytes_hold_the_samples(name: str) -> None:
    tracks: Tracks = of_preset(name).tracks(points=3_000)
    head, (times, places, speeds) = read(tracks.to_bytes())
    axes = head["dimensions"]
    assert axes == (2 if name == "nano" else 3)
    clocks = tracks.states[:, :, 0].T
    assert (times == (clocks if head["own_clocks"] else clocks[:1])).all()
    assert (places == tracks.states[:, :, 2 : 2 + axes].transpose(1, 2, 0)).all()
    assert np.allclose(speeds, tracks.states[:, :, 2 + axes :].transpose(1, 2, 0), rtol=1e-6)
    assert [body["name"] for body in head["bodies"]] == [body.name for body in tracks.bodies]
    assert head["steps"] == 3_000
