from __future__ import annotations

import pytest

from frontend.web.pages.filters import count, elapsed, figure, size, unit, utc_time


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0"), (999, "999"), (1_000_000, "1,000,000"), (None, "\u2013")]
)
def test_counts_are_grouped_by_thousands(number: int | None, text: str) -> None:
    assert count(number) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1, "0.1"),
        (-1.23456789, "\u22121.23457"),
        (1.5e-9, "1.5\u00d710⁻⁹"),
        (2e10, "2\u00d710¹⁰"),
        (None, "\u2013"),
        ("?", "\u2013"),
    ],
)
def test_figures_have_six_digits_and_real_minus_signs(value: object, text: str) -> None:
    assert figure(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "\u2013"),
        (0.0001, "0.1\u202fms"),
        (0.025, "25\u202fms"),
        (2.34, "2.3\u202fs"),
        (59.4, "59\u202fs"),
        (61, "1\u202fmin 1\u202fs"),
        (7_260, "2\u202fh 1\u202fmin"),
    ],
)
def test_durations_are_in_the_unit_that_suits_them(seconds: float | None, text: str) -> None:
    assert elapsed(seconds) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0\u202fB"),
        (999, "999\u202fB"),
        (1_234, "1.2\u202fkB"),
        (45e6, "45\u202fMB"),
        (3e12, "3.0\u202fTB"),
    ],
)
def test_sizes_are_in_powers_of_a_thousand(number: float, text: str) -> None:
    assert size(number) == text


def test_moments_are_in_utc_wherever_they_were_written() -> None:
    assert utc_time("2026-03-01T00:30:00+02:00") == "2026-02-28 22:30 UTC"
    assert utc_time(None) == "\u2013"


def test_powers_in_units_are_raised() -> None:
    assert [unit(text) for text in ("km^5/s^4", "au/d", "")] == ["km⁵/s⁴", "au/d", ""]
