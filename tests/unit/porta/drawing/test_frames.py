from __future__ import annotations

import numpy as np
import pytest

from porta.drawing.frames import View, paths_of, view_of
from porta.errors import ArgumentError
from porta.execution.computed import ComputedRun
from sim.engine import Propagation
from sim.presets import preset
from sim.scenario import NANO, PropagationRequest, Trajectory

TRIPLE = preset("hierarchical-triple").scenario


def source_of(name: str, steps: int) -> ComputedRun:
    trajectory = Trajectory(preset(name).scenario)
    return ComputedRun(PropagationRequest(steps, trajectory), Propagation.open(trajectory, steps))


def test_by_default_agents_are_seen_from_what_they_orbit() -> None:
    assert view_of(NANO, None, None) == View((1,), "primary")
    assert view_of(NANO, None, "inertial") == View((0, 1), "inertial")
    assert view_of(NANO, ["Satellite", "Planet"], "Planet") == View((1, 0), "Planet")


def test_a_frame_that_there_is_not_is_refused_with_the_nearest() -> None:
    with pytest.raises(ArgumentError, match="frame can't be 'Satelite': did you mean 'Satellite'"):
        view_of(NANO, None, "Satelite")


def test_an_agent_without_a_primary_is_not_seen_from_it() -> None:
    with pytest.raises(ArgumentError, match="Planet has no primary"):
        view_of(NANO, "Planet", None)
    alone = type(NANO)(NANO.agents[:1], NANO.dt_min, NANO.dt_span, NANO.epsilon)
    assert view_of(alone, None, None) == View((0,), "inertial")
    with pytest.raises(ArgumentError, match="No agent of this scenario"):
        view_of(alone, None, "primary")


def test_paths_are_states_of_the_model_minus_where_they_are_seen_from() -> None:
    source = source_of("galilean-moons", 64)
    names = source.request.trajectory.scenario.names
    records = {
        (row["agent"], row["t1"]): np.array([row["x"], row["y"], row["z"]])
        for batch in source.records(-np.inf, np.inf, None)
        for row in batch.to_pylist()
    }
    for frame in ("inertial", "primary", "Europa"):
        (path,) = paths_of(
            source, view_of(source.request.trajectory.scenario, "Io", frame), None, None, 10_000
        )
        about = {"inertial": None, "primary": "Jupiter", "Europa": "Europa"}[frame]
        assert path.about == about
        for time, position in zip(path.times.tolist(), path.positions, strict=True):
            origin = 0.0 if about is None else records[about, time]
            assert (position == records["Io", time] - origin).all()
    assert names[0] == "Jupiter"


def test_orbits_that_are_sampled_too_coarsely_are_points() -> None:
    source = source_of("galilean-moons", 20_000)
    view = view_of(source.request.trajectory.scenario, "Io", None)
    (fine,) = paths_of(source, view, 0.0, 3e5, 1_000)
    (coarse,) = paths_of(source, view, None, None, 1_000)
    assert fine.is_line
    assert not coarse.is_line
