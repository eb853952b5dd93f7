"""Elements and states, both ways: published examples, and each against the other."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.elementary import cosd, sincosd
from sim.errors import ScenarioError
from sim.orbit import Elements, OsculatingElements, elements_of, state_of

EARTH_KM3_S2 = 398600.4418  # of Vallado's examples

ANGLE = st.just(0.0) | st.floats(1e-9, 360.0, exclude_max=True)
ELLIPSES = st.builds(
    Elements,
    st.floats(1e-3, 1e3),
    st.floats(0.001, 0.99),
    st.floats(0.5, 179.5),
    ANGLE,
    ANGLE,
    ANGLE,
)
HYPERBOLAS = st.builds(
    lambda a, e, i, node, argp, part: Elements(
        -a, e, i, node, argp, part * math.degrees(math.acos(-1.0 / e))
    ),
    *(st.floats(1e-3, 1e3), st.floats(1.01, 50.0), st.floats(0.5, 179.5), ANGLE, ANGLE),
    st.floats(-0.95, 0.95).map(lambda part: round(part, 9)),
)
MU = st.floats(1e-3, 1e3)
NUMBERS = st.floats(allow_nan=True, allow_infinity=True)


def parts(state: tuple[float, ...]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    return state[:3], state[3:]


def apart(angle: float | None, other: float) -> float:
    """How far two angles are apart, in degrees."""
    assert angle is not None
    return abs((angle - other + 180.0) % 360.0 - 180.0)


def test_vallados_example_of_a_state() -> None:
    """Vallado, example 2-5."""
    found = elements_of(
        (6524.834, 6862.875, 6448.296), (4.901327, 5.533756, -1.976341), EARTH_KM3_S2
    )
    assert found.semi_major_axis == pytest.approx(36127.343, abs=0.01)
    assert found.eccentricity == pytest.approx(0.832853, abs=1e-6)
    assert found.inclination == pytest.approx(87.870, abs=1e-3)
    assert found.node == pytest.approx(227.898, abs=1e-3)
    assert found.argument_of_periapsis == pytest.approx(53.38, abs=0.01)
    assert found.true_anomaly == pytest.approx(92.335, abs=1e-3)


def test_vallados_example_of_elements() -> None:
    """Vallado, example 2-6: its p = 11067.790 km and its angles are rounded as they are printed."""
    e = 0.83285
    elements = Elements(11067.790 / (1.0 - e * e), e, 87.87, 227.89, 53.38, 92.335)
    r, v = parts(state_of(elements, EARTH_KM3_S2))
    assert r == pytest.approx((6525.344, 6861.535, 6449.125), abs=0.03)
    assert v == pytest.approx((4.902276, 5.533124, -1.975709), abs=2e-5)


# mu = 1.5, and the angles in radians. From REBOUND 5.2.2: Simulation.add(m=1.5), then .add(a=...).
REBOUND = [
    (
        (2.5, 0.3, 0.4, 1.1, 5.2, 2.0),
        (-0.9762339049605534, 2.2713540830641126, 0.8034357477775677),
        (-0.6938763409942675, -0.12848642414059577, 0.23680933922963232),
    ),
    (
        (-1.5, 1.8, 2.7, 4.0, 0.6, -1.2),
        (-0.31143473643761005, -1.9487693709517966, -0.4907414269937146),
        (-0.8591743112289255, 1.1408629205767766, 0.6599008403328362),
    ),
]


@pytest.mark.parametrize(("orbit", "r", "v"), REBOUND, ids=["ellipse", "hyperbola"])
def test_states_and_elements_are_those_of_rebound(
    orbit: tuple[float, ...], r: tuple[float, ...], v: tuple[float, ...]
) -> None:
    a, e, *angles = orbit
    i, node, argp, anomaly = (math.degrees(angle) for angle in angles)
    state = state_of(Elements(a, e, i, node, argp, anomaly), 1.5)
    assert state == pytest.approx((*r, *v), rel=1e-14)
    found = elements_of(r, v, 1.5)
    assert found.semi_major_axis == pytest.approx(a, rel=1e-14)
    assert found.eccentricity == pytest.approx(e, rel=1e-14)
    assert found.inclination == pytest.approx(i, rel=1e-14)
    assert found.node == pytest.approx(node, rel=1e-14)
    assert apart(found.argument_of_periapsis, argp) < 1e-12
    assert apart(found.true_anomaly, anomaly) < 1e-12
    period = 20.27889337986806 if a > 0.0 else None  # REBOUND's Orbit.P
    assert found.period == (None if period is None else pytest.approx(period, rel=1e-14))


@given(ELLIPSES | HYPERBOLAS, MU)
def test_elements_become_a_state_and_the_same_elements(elements: Elements, mu: float) -> None:
    found = elements_of(*parts(state_of(elements, mu)), mu)
    lost = 1e-10  # the worst are near the asymptote, and near a circle: rounding/e
    assert found.semi_major_axis == pytest.approx(elements.a, rel=lost)
    assert found.eccentricity == pytest.approx(elements.e, rel=lost)
    assert found.inclination == pytest.approx(elements.i, rel=lost)
    assert apart(found.node, elements.node) < 1e-9
    assert apart(found.argument_of_periapsis, elements.argp) < 1e-8
    assert apart(found.true_anomaly, elements.anomaly) < 1e-8


@given(ELLIPSES | HYPERBOLAS, MU)
def test_sizes_and_speeds_keep_the_laws_of_the_orbit(elements: Elements, mu: float) -> None:
    r, v = parts(state_of(elements, mu))
    found = elements_of(r, v, mu)
    a, e = elements.a, elements.e
    assert found.periapsis == pytest.approx(a * (1.0 - e), rel=1e-9)
    if a > 0.0:
        assert found.apoapsis == pytest.approx(a * (1.0 + e), rel=1e-9)
        assert found.period == pytest.approx(2.0 * math.pi * math.sqrt(a**3 / mu), rel=1e-9)
        assert found.speed_at_infinity is None
    else:
        assert found.speed_at_infinity == pytest.approx(math.sqrt(mu / -a), rel=1e-9)
        assert found.apoapsis is None
        assert found.period is None


@given(ELLIPSES | HYPERBOLAS, MU)
def test_angles_are_from_0_to_below_a_turn(elements: Elements, mu: float) -> None:
    found = elements_of(*parts(state_of(elements, mu)), mu)
    assert found.inclination is not None
    assert 0.0 <= found.inclination <= 180.0
    for angle in (found.node, found.argument_of_periapsis, found.true_anomaly):
        assert angle is not None
        assert 0.0 <= angle < 360.0


@given(st.floats(0.1, 10.0), ANGLE, ANGLE, ANGLE, st.floats(0.5, 179.5))
def test_a_circle_has_no_periapsis_to_count_from(
    a: float, node: float, argp: float, anomaly: float, i: float
) -> None:
    found = elements_of(*parts(state_of(Elements(a, 0.0, i, node, argp, anomaly), 1.0)), 1.0)
    assert found.eccentricity == pytest.approx(0.0, abs=2.0**-48)
    assert found.argument_of_periapsis is None
    assert found.true_anomaly is None
    assert apart(found.node, node) < 1e-9


@pytest.mark.parametrize("i", [0.0, 180.0])
@given(argp=ANGLE, anomaly=ANGLE)
def test_without_a_node_the_periapsis_is_counted_from_the_x_axis(
    i: float, argp: float, anomaly: float
) -> None:
    state = state_of(Elements(2.0, 0.5, i, 0.0, argp, anomaly), 1.0)
    found = elements_of(*parts(state), 1.0)
    assert found.node is None
    assert found.inclination == i
    assert apart(found.argument_of_periapsis, argp) < 1e-11
    assert apart(found.true_anomaly, anomaly) < 1e-11
    # It is there that a body with anomaly 0 is: counted in the direction of motion.
    x, y, *_ = state_of(Elements(2.0, 0.5, i, 0.0, argp, 0.0), 1.0)
    sine, cosine = sincosd(argp)
    assert (x, y) == pytest.approx((cosine, sine if i == 0.0 else -sine))


@given(ELLIPSES | HYPERBOLAS, st.booleans())
def test_the_plane_is_space_without_z(elements: Elements, retrograde: bool) -> None:  # noqa: FBT001 - drawn
    flat = replace(elements, i=180.0 if retrograde else 0.0)
    x, y, z, vx, vy, vz = state_of(flat, 1.0)
    assert z == vz == 0.0
    in_plane = elements_of((x, y), (vx, vy), 1.0)
    in_space = elements_of((x, y, 0.0), (vx, vy, 0.0), 1.0)
    assert in_plane == replace(in_space, inclination=None)
    assert in_space.inclination == flat.i


def test_a_parabola_has_no_semi_major_axis_and_comes_to_rest_at_infinity() -> None:
    found = elements_of((2.0, 0.0, 0.0), (0.0, 0.0, 1.0), 1.0)
    assert (found.semi_major_axis, found.eccentricity, found.speed_at_infinity) == (None, 1.0, 0.0)
    assert (found.periapsis, found.apoapsis, found.period) == (2.0, None, None)
    assert (found.inclination, found.node, found.argument_of_periapsis) == (90.0, 0.0, 0.0)


@given(ANGLE, st.floats(0.0, 170.0), MU)
def test_a_parabola_is_one_in_spite_of_rounding(node: float, anomaly: float, mu: float) -> None:
    """Its speed is that of escape, rounded, in any direction."""
    sine, cosine = sincosd(node)
    distance = 2.0 / (1.0 + cosd(anomaly))
    speed = math.sqrt(2.0 * mu / distance)
    found = elements_of((distance * cosine, distance * sine), (speed * sine, speed * cosine), mu)
    assert (found.semi_major_axis, found.eccentricity) == (None, 1.0)


@pytest.mark.parametrize("speed", [0.0, 0.5, -0.5, 3.0])
def test_a_radial_motion_has_no_angles(speed: float) -> None:
    found = elements_of((0.0, 2.0, 0.0), (0.0, speed, 0.0), 1.0)
    assert (found.eccentricity, found.periapsis) == (1.0, 0.0)
    angles = ("inclination", "node", "argument_of_periapsis", "true_anomaly")
    assert [getattr(found, name) for name in angles] == [None] * 4
    assert found.semi_major_axis == -0.5 / (0.5 * speed * speed - 0.5)


@given(st.tuples(*[st.floats(-1.0, 1.0)] * 3), st.floats(0.1, 10.0), st.floats(-10.0, 10.0))
def test_a_motion_is_radial_in_spite_of_rounding(
    direction: tuple[float, ...], distance: float, speed: float
) -> None:
    r, v = ([size * c for c in direction] for size in (distance, speed))
    found = elements_of(r, v, 1.0)
    if max(map(abs, direction)) > 1e-3:
        assert (found.eccentricity, found.periapsis, found.inclination) == (1.0, 0.0, None)


def test_a_slow_passage_from_far_away_is_not_radial() -> None:
    """r x v is 1 although the angle between r and v is 1e-16."""
    found = elements_of((1e16, 1.0), (-1.0, 0.0), 1.0)
    assert found.eccentricity == pytest.approx(math.sqrt(2.0))
    assert found.periapsis == pytest.approx(1.0 / (1.0 + math.sqrt(2.0)))


@given(ELLIPSES | HYPERBOLAS, st.integers(-800, 800), st.integers(-300, 300))
def test_an_orbit_is_the_same_at_any_size(elements: Elements, length: int, speed: int) -> None:
    r, v = parts(state_of(elements, 1.0))
    found = elements_of(r, v, 1.0)
    scaled = elements_of(
        [math.ldexp(c, length) for c in r],
        [math.ldexp(c, speed - length // 2) for c in v],
        math.ldexp(1.0, length + 2 * (speed - length // 2)),
    )
    if -900 < length + 2 * (speed - length // 2) < 900:
        assert scaled.eccentricity == found.eccentricity
        assert scaled.inclination == found.inclination
        assert scaled.true_anomaly == found.true_anomaly
        assert scaled.semi_major_axis == math.ldexp(found.semi_major_axis or 0.0, length)


@given(st.tuples(*[NUMBERS] * 3), st.tuples(*[NUMBERS] * 3), NUMBERS)
def test_no_element_is_infinite_or_no_number(
    r: tuple[float, ...], v: tuple[float, ...], mu: float
) -> None:
    for value in elements_of(r, v, mu).to_json().values():
        assert value is None or math.isfinite(value)


@pytest.mark.parametrize(
    ("r", "v", "mu"),
    [
        ((0.0, 0.0), (1.0, 0.0), 1.0),
        ((1.0, 0.0), (0.0, 1.0), 0.0),
        ((1.0, 0.0), (0.0, 1.0), -1.0),
        ((math.nan, 0.0), (0.0, 1.0), 1.0),
        ((1.0, 0.0), (0.0, math.inf), 1.0),
        ((1.0, 0.0), (0.0, 1e300), 1e-300),
    ],
)
def test_without_an_orbit_there_are_no_elements(
    r: tuple[float, ...], v: tuple[float, ...], mu: float
) -> None:
    assert elements_of(r, v, mu) == OsculatingElements()


def test_a_size_that_no_number_holds_is_none() -> None:
    found = elements_of((1e300, 0.0), (0.0, 1e-150), 1.1)  # period 1e450, distances below 1e301
    assert found.period is None
    assert found.periapsis is not None


@pytest.mark.parametrize(
    ("elements", "where"),
    [
        (Elements(1.0, -0.1), "agents[1].orbit.e"),
        (Elements(1.0, 1.0), "agents[1].orbit.e"),
        (Elements(-1.0, 0.5), "agents[1].orbit.a"),
        (Elements(0.0, 0.5), "agents[1].orbit.a"),
        (Elements(1.0, 1.5), "agents[1].orbit.a"),
        (Elements(0.0, 1.5), "agents[1].orbit.a"),
        (Elements(1.0, 0.5, i=-1e-9), "agents[1].orbit.i"),
        (Elements(1.0, 0.5, i=180.1), "agents[1].orbit.i"),
        (Elements(-1.0, 2.0, anomaly=120.0), "agents[1].orbit.anomaly"),
        (Elements(-1.0, 2.0, anomaly=-120.0), "agents[1].orbit.anomaly"),
        (Elements(-1.0, 2.0, anomaly=180.0), "agents[1].orbit.anomaly"),
        (Elements(1.0, 0.5, node=math.nan), "agents[1].orbit.node"),
        (Elements(1.0, 0.5, argp=math.inf), "agents[1].orbit.argp"),
        (Elements(1e-320, 0.5), "agents[1].orbit"),
        (Elements(-1e300, 1e200), "agents[1].orbit"),
    ],
)
def test_elements_that_are_no_orbit_are_refused(elements: Elements, where: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        state_of(elements, 1e300, "agents[1].orbit")
    assert refused.value.where == where
    assert refused.value.problem.endswith(".")


@pytest.mark.parametrize("mu", [0.0, -1.0, math.nan, math.inf])
def test_a_primary_that_does_not_attract_has_no_orbits(mu: float) -> None:
    with pytest.raises(ScenarioError, match="above 0"):
        state_of(Elements(1.0, 0.5), mu)


def test_a_refused_anomaly_names_the_asymptote() -> None:
    with pytest.raises(ScenarioError, match="less than 120 degrees"):
        state_of(Elements(-1.0, 2.0, anomaly=150.0), 1.0)


def test_an_anomaly_may_be_given_from_0_to_360_or_about_0() -> None:
    before, after = (Elements(-1.0, 2.0, anomaly=angle) for angle in (-60.0, 300.0))
    assert state_of(before, 1.0) == state_of(after, 1.0)


@given(ELLIPSES | HYPERBOLAS)
def test_a_state_has_no_negative_zero(elements: Elements) -> None:
    for quarter in (0.0, 90.0, 180.0):
        flat = replace(elements, i=quarter, node=quarter, argp=0.0, anomaly=0.0)
        for value in state_of(flat, 1.0):
            assert value != 0.0 or math.copysign(1.0, value) == 1.0


def test_the_elements_have_their_names_in_json() -> None:
    assert [field.name for field in fields(Elements)] == [
        *("a", "e", "i", "node", "argp", "anomaly")
    ]
    described: dict[str, Any] = elements_of((1.0, 0.0), (0.0, 1.0), 1.0).to_json()
    assert described["semi_major_axis"] == 1.0
    assert list(described) == [field.name for field in fields(OsculatingElements)]
    assert len(described) == 10
