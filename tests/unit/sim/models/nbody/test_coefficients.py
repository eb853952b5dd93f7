from __future__ import annotations

import math
from fractions import Fraction

import pytest

from sim.models.nbody.coefficients import (
    DIVISORS,
    EXPANSION,
    KAHAN_LI_8,
    LEAPFROG,
    NEWTON,
    NODES,
    PASCAL,
    POSITION_AT_NODE,
    POSITION_DIVISORS,
    VELOCITY_DIVISORS,
    Double,
    drifts_of,
)


def test_a_step_of_kahan_and_li_is_17_leapfrogs_of_length_1_together() -> None:
    assert len(KAHAN_LI_8) == 17
    assert math.fsum(KAHAN_LI_8) == pytest.approx(1.0, abs=2e-16)


def test_a_step_is_its_own_mirror() -> None:
    assert KAHAN_LI_8[:8] == KAHAN_LI_8[:8:-1]
    assert drifts_of(KAHAN_LI_8) == drifts_of(KAHAN_LI_8)[::-1]


@pytest.mark.parametrize("weights", [LEAPFROG, KAHAN_LI_8])
def test_positions_move_as_far_as_velocities_do(weights: tuple[float, ...]) -> None:
    assert len(drifts_of(weights)) == len(weights) + 1
    assert math.fsum(drifts_of(weights)) == pytest.approx(1.0, abs=2e-16)


def test_the_conditions_of_order_3_5_and_7_hold_for_a_single_term() -> None:
    # Of a symmetric composition these sums vanish (Hairer, Lubich, Wanner, V.3.2).
    for power in (3, 5, 7):
        assert math.fsum(weight**power for weight in KAHAN_LI_8) == pytest.approx(0.0, abs=1e-15)


def test_the_nodes_are_those_of_radaus_quadrature() -> None:
    # Roots of the sum of two Legendre polynomials, to the last bit, in exact fractions.
    assert NODES[0] == 0.0
    assert _radau(Fraction(0)) == 0
    for node in NODES[1:]:
        below, above = math.nextafter(node, 0.0), math.nextafter(node, 1.0)
        assert _radau(Fraction(below)) * _radau(Fraction(above)) < 0


def _radau(x: Fraction) -> Fraction:
    terms = ((degree, power) for degree in (7, 8) for power in range(degree + 1))
    return sum((_shifted_legendre(*term) * x ** term[1] for term in terms), Fraction(0))


def _shifted_legendre(degree: int, power: int) -> int:
    """The coefficient of x**power in the Legendre polynomial of 2*x - 1."""
    sign = -1 if (degree + power) % 2 else 1
    return sign * math.comb(degree, power) * math.comb(degree + power, power)


def exact(double: Double) -> Fraction:
    """The number that two doubles are the sum of."""
    return Fraction(double[0]) + Fraction(double[1])


def test_both_forms_of_the_polynomial_are_the_same() -> None:
    for k in range(7):
        for m in range(7):
            terms = [exact(EXPANSION[k][j]) * exact(NEWTON[j][m]) for j in range(7)]
            assert abs(sum(terms, Fraction(0)) - int(k == m)) < Fraction(1, 10**22)


def test_newtons_form_is_found_from_the_values_at_the_nodes() -> None:
    b = [Fraction(value) for value in (1.0, -2.0, 3.0, -1.0, 0.5, 0.25, -4.0)]
    g = [sum(exact(NEWTON[k][m]) * b[k] for k in range(m, 7)) for m in range(7)]
    for n in range(1, 8):
        value = sum(b[k] * Fraction(NODES[n]) ** (k + 1) for k in range(7))
        known = sum(exact(DIVISORS[n][k + 1]) * g[k] for k in range(n - 1))
        assert abs(exact(DIVISORS[n][0]) * value - known - g[n - 1]) < Fraction(1, 10**19)


def test_the_weights_and_divisors_are_integrals_of_powers() -> None:
    for k in range(7):
        assert POSITION_DIVISORS[k] == (k + 2) * (k + 3)
        assert VELOCITY_DIVISORS[k] == k + 2
        for n in range(1, 8):
            wanted = Fraction(NODES[n]) ** (k + 1) / ((k + 2) * (k + 3))
            assert abs(exact(POSITION_AT_NODE[n][k]) / wanted - 1) < Fraction(2, 10**24)


@pytest.mark.parametrize("table", [DIVISORS, EXPANSION, NEWTON, POSITION_AT_NODE])
def test_the_first_part_of_a_coefficient_has_26_bits(table: tuple[tuple[Double, ...], ...]) -> None:
    for high, low in (double for row in table for double in row):
        assert math.frexp(high)[0] * 2**26 % 1 == 0.0
        assert abs(low) <= abs(high) * 2**-26


def test_a_polynomial_goes_on_in_the_next_step() -> None:
    b = [1.0, -2.0, 3.0, -1.0, 0.5, 0.25, -4.0]
    ahead = [sum(PASCAL[m][k] * b[k] for k in range(m, 7)) for m in range(7)]
    for s in (0.1, 0.7):
        now = sum(b[k] * (1.0 + s) ** (k + 1) for k in range(7)) - sum(b)
        assert sum(ahead[m] * s ** (m + 1) for m in range(7)) == pytest.approx(now, rel=1e-12)
