"""Our own elementary functions; the judge is mpmath, with numbers of 200 bits."""

from __future__ import annotations

import math
import random
import struct
from fractions import Fraction
from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeAlias

import mpmath
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sim import elementary
from sim.elementary import atan2d, cosd, sincosd, sind
from sim.jit import compiled, inner

if TYPE_CHECKING:
    from collections.abc import Callable

TRUTH = mpmath.mp.clone()
TRUTH.prec = 200
Number: TypeAlias = Any  # of mpmath, which has no annotations

FINITE = st.floats(allow_nan=False, allow_infinity=False)
BESIDE_A_BOUNDARY = st.builds(
    lambda eighth, offset: 45.0 * eighth + offset, st.integers(-20, 20), st.floats(-1e-6, 1e-6)
)
ANGLES = FINITE | st.floats(-1000.0, 1000.0) | BESIDE_A_BOUNDARY


def true_angle(degrees: float) -> tuple[Fraction, Number]:
    """The angle from -180 to 180, exactly, and in radians."""
    turns = Fraction(degrees) / 360
    reduced = (turns - round(turns)) * 360
    return reduced, TRUTH.mpf(reduced.numerator) / reduced.denominator * TRUTH.pi / 180


def is_within_an_ulp(value: float, truth: Number) -> bool:
    """Whether a value is within an ulp; or, of a value below 1e-300, of that of 1e-300."""
    return bool(abs(truth - value) < math.ulp(max(1e-300, abs(float(truth)))))


@given(ANGLES)
def test_sine_and_cosine_are_within_an_ulp(degrees: float) -> None:
    reduced, angle = true_angle(degrees)
    sine, cosine = sincosd(degrees)
    if reduced % 90 != 0:
        assert is_within_an_ulp(sine, TRUTH.sin(angle))
        assert is_within_an_ulp(cosine, TRUTH.cos(angle))


@given(FINITE, FINITE)
@example(2e-311, 2.6e-192)
@example(1.5e308, 1.7e308)
@example(5e-324, 1e-5)
def test_the_angle_of_a_vector_is_within_an_ulp(y: float, x: float) -> None:
    if (y, x) != (0.0, 0.0):
        truth = TRUTH.atan2(TRUTH.mpf(y + 0.0), TRUTH.mpf(x + 0.0)) * 180 / TRUTH.pi
        assert is_within_an_ulp(atan2d(y, x), truth)


@given(st.floats(0.001, 1.0), st.sampled_from([0.25, 0.75, 1.0]), st.floats(-1e-9, 1e-9))
def test_the_angle_is_within_an_ulp_beside_where_the_series_change(
    x: float, ratio: float, offset: float
) -> None:
    y = x * (ratio + offset)
    truth = TRUTH.atan2(TRUTH.mpf(y), TRUTH.mpf(x)) * 180 / TRUTH.pi
    assert is_within_an_ulp(atan2d(y, x), truth)


def test_errors_are_as_small_as_the_module_says() -> None:
    draw, worst = random.Random(1).uniform, [0.0, 0.0, 0.0]
    for _ in range(4_000):
        degrees, y, x = draw(-45.0, 45.0), draw(-1.0, 1.0), draw(-1.0, 1.0)
        truths = [TRUTH.sin(true_angle(degrees)[1]), TRUTH.cos(true_angle(degrees)[1])]
        truths.append(TRUTH.atan2(TRUTH.mpf(y), TRUTH.mpf(x)) * 180 / TRUTH.pi)
        values = (*sincosd(degrees), atan2d(y, x))
        worst = [
            max(so_far, float(abs(truth - value)) / math.ulp(value))
            for so_far, truth, value in zip(worst, truths, values, strict=True)
        ]
    assert max(worst[:2]) < 0.9
    assert worst[2] < 0.8


@pytest.mark.parametrize("turns", [0, 1, -3, 10**12])
def test_multiples_of_90_degrees_are_exact(turns: int) -> None:
    angles = [360.0 * turns + angle for angle in (0.0, 90.0, 180.0, 270.0)]
    assert [sincosd(angle) for angle in angles] == [(0, 1), (1, 0), (0, -1), (-1, 0)]


def test_a_sine_or_cosine_of_a_half_is_exact() -> None:
    assert [sind(30.0), sind(150.0), sind(210.0), sind(-30.0)] == [0.5, 0.5, -0.5, -0.5]
    assert [cosd(60.0), cosd(120.0), cosd(240.0), cosd(-60.0)] == [0.5, -0.5, -0.5, 0.5]


@given(st.floats(0.0, exclude_min=True, allow_infinity=False))
def test_axes_and_diagonals_have_exact_angles(size: float) -> None:
    vectors = [(0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1)]
    angles = [atan2d(y * size, x * size) for y, x in vectors]
    assert angles == [0.0, 45.0, 90.0, 135.0, 180.0, -135.0, -90.0, -45.0]


@given(ANGLES, FINITE, FINITE)
def test_nothing_is_a_negative_zero(degrees: float, y: float, x: float) -> None:
    for value in (*sincosd(degrees), atan2d(y, x)):
        assert math.copysign(1.0, value) == 1.0 or value != 0.0


@given(ANGLES)
def test_the_sine_is_odd_and_the_cosine_even(degrees: float) -> None:
    assert sind(-degrees) == -sind(degrees)
    assert cosd(-degrees) == cosd(degrees)


@given(st.floats(-179.9, 179.9))
def test_a_vector_on_the_circle_has_its_angle(degrees: float) -> None:
    assert atan2d(*sincosd(degrees)) == pytest.approx(degrees, rel=1e-15, abs=1e-14)


def in_machine_code() -> Callable[[float, float, float], tuple[float, float, float]]:
    """All functions of the module, compiled: they must be rebound to one another."""
    linked = dict(vars(elementary))
    functions = [f for f in vars(elementary).values() if isinstance(f, FunctionType)]
    for function in functions:
        linked[function.__name__] = inner(FunctionType(function.__code__, linked))
    turned, pointed = linked["sincosd"], linked["atan2d"]

    @compiled
    def all_of(degrees: float, y: float, x: float) -> tuple[float, float, float]:
        sine, cosine = turned(degrees)
        return sine, cosine, pointed(y, x)

    return all_of


def test_compiled_they_have_the_same_bits() -> None:
    draw, all_of = random.Random(2).uniform, in_machine_code()
    for _ in range(20_000):
        degrees, y, x = draw(-500.0, 500.0), draw(-1.0, 1.0), draw(-1.0, 1.0)
        expected = struct.pack("3d", *sincosd(degrees), atan2d(y, x))
        assert struct.pack("3d", *all_of(degrees, y, x)) == expected
