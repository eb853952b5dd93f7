"""Where normal numbers move a state: the arithmetic that is written down, and its limits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.dispersion.frame import INERTIAL, RTN, Start, Vector
from sim.dispersion.spread import Spread
from sim.errors import RequestError
from sim.normals import LARGEST
from sim.scenario import NANO
from tests.unit.sim.dispersion.cases import SYSTEM

numbers = st.floats(-8.0, 8.0)
states = st.floats(-1e3, 1e3)
PLANE_NAMES = ("x", "y", "vx", "vy")


def by_hand(
    spread: Spread, s: list[float], z: list[float], axes: tuple[Vector, ...]
) -> list[float]:
    """The arithmetic of the contract, written out for one member."""
    size = len(s)
    if spread.covariance:
        d = []
        for i in range(size):
            offset = spread.factor[i][0] * z[0]
            for j in range(1, i + 1):
                offset += spread.factor[i][j] * z[j]
            d.append(offset)
    else:
        d = [spread.sigma[c] * z[c] for c in range(size)]
    if not axes:
        return [s[c] + d[c] for c in range(size)]
    half, out = size // 2, []
    for c in range(size):
        p = d[:half] if c < half else d[half:]
        u = [axis[c % half] for axis in axes]
        offset = p[0] * u[0] + p[1] * u[1]
        out.append(s[c] + (offset if half == 2 else offset + p[2] * u[2]))
    return out


def spreads(size: int) -> list[Spread]:
    names = tuple("abcdef"[:size])
    sigma = tuple(10.0 ** (-i) for i in range(size))
    covariance = tuple(tuple(2.0 + i if i == j else 0.5 for j in range(size)) for i in range(size))
    return [
        Spread(0, "A", frame, names, *given)
        for frame in (INERTIAL, RTN)
        for given in ((sigma, ()), ((), covariance))
    ]


@pytest.mark.parametrize("size", [4, 6])
@given(data=st.data())
def test_one_member_and_many_are_moved_as_it_is_written_down(
    size: int, data: st.DataObject
) -> None:
    state = data.draw(st.lists(states, min_size=size, max_size=size))
    z = data.draw(st.lists(st.lists(numbers, min_size=size, max_size=size), min_size=3, max_size=3))
    turned = Start.of(NANO if size == 4 else SYSTEM).axes(1, "")
    for spread in spreads(size):
        axes = () if spread.frame == INERTIAL else turned
        one_by_one = [spread.moved(state, member, axes) for member in z]
        at_once = spread.moved(state, list(np.array(z).T), axes)
        expected = [by_hand(spread, state, member, axes) for member in z]
        assert one_by_one == expected
        assert np.array(at_once).T.tolist() == expected


def test_a_component_without_a_deviation_stays_as_it_is() -> None:
    spread = Spread(0, "A", INERTIAL, PLANE_NAMES, (0.0, 1.0, 0.0, 0.0))
    moved = spread.moved((-0.0, 1.0, -0.0, 2.0), (1.0, 1.0, 1.0, 1.0), ())
    assert moved == [0.0, 2.0, 0.0, 2.0]
    assert math.copysign(1.0, moved[0]) == math.copysign(1.0, moved[2]) == -1.0


def test_velocities_are_only_rotated() -> None:
    spread = Spread(0, "A", RTN, ("r", "t", "vr", "vt"), (0.0, 0.0, 1.0, 2.0))
    moved = spread.moved((5.0, 6.0, 7.0, 8.0), (1.0,) * 4, ((0.0, 1.0), (-1.0, 0.0)))
    assert moved == [5.0, 6.0, 7.0 - 2.0, 8.0 + 1.0]


@pytest.mark.parametrize(
    ("sigma", "is_finite"), [(2.0**1023 / LARGEST * 0.999, True), (2.0**1023 / LARGEST, False)]
)
@pytest.mark.parametrize("frame", [INERTIAL, RTN])
def test_a_spread_beyond_what_floats_hold_is_refused(
    sigma: float,
    is_finite: bool,  # noqa: FBT001 - a case
    frame: str,
) -> None:
    start = Start.of(NANO)
    spread = Spread(1, "Satellite", frame, start.components(frame), (0.0, sigma, 0.0, 0.0))
    if is_finite:
        spread.check(start, "dispersion[0]")
        moved = spread.moved(start.states[1], (LARGEST,) * 4, spread.axes(start))
        assert all(map(math.isfinite, moved))
    else:
        with pytest.raises(RequestError, match=r"^dispersion\[0\]\.sigma could move") as refused:
            spread.check(start, "dispersion[0]")
        assert "up to 8.25 standard deviations off" in str(refused.value)


def test_a_spread_is_something_if_any_of_its_numbers_is() -> None:
    zero: Any = ((0.0,) * 4,) * 4
    assert not Spread(0, "A", INERTIAL, PLANE_NAMES, (0.0,) * 4)
    assert not Spread(0, "A", INERTIAL, PLANE_NAMES, (), zero)
    assert Spread(0, "A", INERTIAL, PLANE_NAMES, (0.0, 0.0, 0.0, 5e-324))
