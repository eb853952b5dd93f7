"""The axes of an agent's motion: orthonormal, about its primary, or refused with a sentence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.dispersion.frame import INERTIAL, RTN, Start
from sim.engine.osculation import barycentre_without
from sim.errors import RequestError
from sim.models.nbody import NBodyAgent, NBodyScenario, State3
from sim.scenario import NANO, Agent, NanoScenario, State
from tests.unit.sim.scenarios import THREE

coordinates = st.floats(-10.0, 10.0).filter(lambda number: number == 0.0 or abs(number) > 1e-3)


def planar(*states: tuple[float, ...]) -> Start:
    agents = [
        Agent(f"Body {i}", 1.0 if i == 0 else 0.0, State(0.0, 0.01, *state))
        for i, state in enumerate(states)
    ]
    return Start.of(NanoScenario(tuple(agents), 0.01, 0.0, 0.001))


def spatial(*states: tuple[float, ...], primary: str | None = None, mu: float = 0.0) -> Start:
    agents = [
        NBodyAgent(f"Body {i}", 1.0 if i == 0 else mu, State3(*state), primary if i else None)
        for i, state in enumerate(states)
    ]
    return Start.of(NBodyScenario(tuple(agents), "leapfrog", 0.01))


def test_a_frame_has_components_of_positions_then_velocities() -> None:
    assert Start.of(NANO).components(INERTIAL) == ("x", "y", "vx", "vy")
    assert Start.of(NANO).components(RTN) == ("r", "t", "vr", "vt")
    start = spatial((0.0,) * 6)
    assert start.components(INERTIAL) == ("x", "y", "z", "vx", "vy", "vz")
    assert start.components(RTN) == ("r", "t", "n", "vr", "vt", "vn")


@given(st.tuples(*[coordinates] * 4), st.tuples(*[coordinates] * 4))
def test_in_the_plane_the_axes_are_along_the_radius_and_the_motion(
    primary: tuple[float, ...], own: tuple[float, ...]
) -> None:
    r, v = np.split(np.array(own) - np.array(primary), 2)
    try:
        radial, transverse = planar(primary, own).axes(1, "frame")
    except RequestError:
        assert r[0] * v[1] - r[1] * v[0] == 0.0
        return
    assert np.allclose(np.array(radial) * np.hypot(*r), r)
    assert abs(np.dot(radial, transverse)) < 1e-15
    assert abs(np.hypot(transverse[0], transverse[1]) - 1.0) < 1e-15
    assert np.dot(v, transverse) > 0.0


@given(st.tuples(*[coordinates] * 6), st.tuples(*[coordinates] * 6))
def test_in_space_the_axes_are_a_right_handed_system(
    primary: tuple[float, ...], own: tuple[float, ...]
) -> None:
    r, v = np.split(np.array(own) - np.array(primary), 2)
    h = np.cross(r, v)
    if np.linalg.norm(h) < 1e-6 * (1e-9 + np.linalg.norm(r) * np.linalg.norm(v)):
        return  # straight, or nearly: rounding decides
    axes = np.array(spatial(primary, own).axes(1, "frame"))
    assert np.allclose(axes @ axes.T, np.eye(3), atol=1e-9)
    assert abs(np.linalg.det(axes) - 1.0) < 1e-9
    assert np.allclose(axes @ (r / np.linalg.norm(r)), [1.0, 0.0, 0.0], atol=1e-9)
    assert np.allclose(axes @ (h / np.linalg.norm(h)), [0.0, 0.0, 1.0], atol=1e-9)


def test_a_retrograde_motion_has_its_transverse_axis_along_it() -> None:
    assert planar((0.0,) * 4, (2.0, 0.0, 0.0, -3.0)).axes(1, "") == ((1.0, 0.0), (0.0, -1.0))
    assert planar((0.0,) * 4, (2.0, 0.0, 0.0, 3.0)).axes(1, "") == ((1.0, 0.0), (-0.0, 1.0))


def test_the_primary_is_the_one_that_the_agent_names() -> None:
    start = Start.of(THREE)
    assert start.axes(2, "") != Start.of(
        NanoScenario(
            (*THREE.agents[:2], replace(THREE.agents[2], primary="Planet")),
            THREE.dt_min,
            THREE.dt_span,
            THREE.epsilon,
        )
    ).axes(2, "")


def test_the_primary_may_be_the_barycentre_of_all_others() -> None:
    states = (
        (1.0, 2.0, 3.0, 0.1, 0.2, 0.3),
        (4.0, -1.0, 2.0, 0.5, 0.4, 0.1),
        (9.0, 9.0, 1.0, 0.0, -1.0, 0.3),
    )
    start = spatial(*states, primary="barycentre", mu=0.3)
    about = barycentre_without(2, np.array(states), [1.0, 0.3, 0.3])
    r, v = np.split(np.array(states[2]) - about, 2)
    radial, _, normal = start.axes(2, "")
    assert radial == tuple(r / np.sqrt((r[0] * r[0] + r[1] * r[1]) + r[2] * r[2]))
    assert np.allclose(normal, np.cross(r, v) / np.linalg.norm(np.cross(r, v)))


def test_an_agent_without_a_primary_has_no_such_axes() -> None:
    with pytest.raises(RequestError) as refused:
        Start.of(NANO).axes(0, "dispersion[2].frame")
    assert str(refused.value) == (
        "dispersion[2].frame can't be rtn: Planet has no primary that these axes would be about. "
        "Name one in the scenario, or choose inertial."
    )


@pytest.mark.parametrize("scale", [1e-170, 1.0, 1e170])
@pytest.mark.parametrize("velocity", [(0.0, 0.0, 0.0), (1.0, 2.0, 2.0), (-2.0, -4.0, -4.0)])
def test_a_straight_motion_has_no_such_axes(
    scale: float, velocity: tuple[float, float, float]
) -> None:
    own = (scale, 2.0 * scale, 2.0 * scale, *velocity)
    for start in (spatial((0.0,) * 6, own), planar((0.0,) * 4, (*own[:2], *velocity[:2]))):
        with pytest.raises(RequestError, match="does not move around its primary, Body 0, but"):
            start.axes(1, "frame")


@pytest.mark.parametrize("scale", [1e-170, 1e-160, 1e170])
def test_where_squares_are_lost_there_are_no_such_axes(scale: float) -> None:
    for start in (
        spatial((0.0,) * 6, (0.6 * scale, 0.8 * scale, 0.0, -0.8, 0.6, 0.0)),
        planar((0.0,) * 4, (0.6 * scale, 0.8 * scale, -0.8, 0.6)),
    ):
        with pytest.raises(RequestError, match="as far as 64-bit floats can tell"):
            start.axes(1, "frame")
