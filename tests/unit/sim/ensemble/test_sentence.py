from __future__ import annotations

from typing import Any

import pytest

from sim.ensemble.sentence import Told, sentence_of


def told(**changes: Any) -> str:  # noqa: ANN401 - any of its fields
    usual: dict[str, Any] = {
        "agent": "Satellite",
        "primary": "Planet",
        "attracts": True,
        "steps": 75_000,
        "members": 10_000,
        "of_members": 10_000,
        "escaped": 5_000,
        "median_escape": 74_752,
        "closest": 0.4219,
        "ends": {},
    }
    return sentence_of(Told(**usual | changes))


def test_half_have_escaped() -> None:
    assert told() == (
        "Of 10,000 members, 50 % have escaped by step 74,800;"
        " the median closest approach is 0.422 to 0.424."
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"escaped": 8_312}, "50 % have escaped by step 74,800, and 83.1 % by step 75,000;"),
        ({"escaped": 9_999}, "50 % have escaped by step 74,800, and 99.9 % by step 75,000;"),
        (
            {"escaped": 10_000},
            "50 % have escaped by step 74,800, and all have escaped by step 75,000;",
        ),
        (
            {"escaped": 8_312, "median_escape": 0},
            "at least 50 % are unbound from the start, and 83.1 % have escaped by step 75,000;",
        ),
        ({"escaped": 0, "median_escape": None}, "none has escaped by step 75,000;"),
        ({"escaped": 1, "median_escape": None}, "one has escaped by step 75,000;"),
        ({"escaped": 99, "median_escape": None}, "99 have escaped by step 75,000;"),
        ({"escaped": 1_234, "median_escape": None}, "12.3 % have escaped by step 75,000;"),
    ],
)
def test_more_or_fewer_have_escaped(changes: dict[str, Any], words: str) -> None:
    assert told(**changes).startswith(f"Of 10,000 members, {words}")


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ({"collision": 1}, "one has ended early, in a collision;"),
        ({"collision": 0, "divergence": 12}, "12 have ended early, by divergence;"),
        (
            {"collision": 1_200, "divergence": 3, "standstill": 1},
            "1,204 have ended early, 1,200 in a collision, 3 by divergence and 1 at a standstill;",
        ),
        ({"collision": 10_000}, "all have ended early, in a collision;"),
    ],
)
def test_members_that_end_are_told(ends: dict[str, int], words: str) -> None:
    assert f"; {words}" in told(ends=ends)


def test_where_nothing_attracts_nothing_escapes() -> None:
    assert told(attracts=False, escaped=10_000, median_escape=0) == (
        "Of 10,000 members, none is ever bound, since Planet does not attract Satellite;"
        " the median closest approach is 0.422 to 0.424."
    )


def test_of_a_run_under_way_the_sentence_says_so() -> None:
    assert told(members=2_000, escaped=1_000).startswith("Of 2,000 members so far, 50 % have")


@pytest.mark.parametrize(
    ("closest", "unit", "figure"),
    [
        (149_422_080.0, "km", "1.49e8 to 1.5e8 km"),
        (6_976.0, "km", "6,980 to 7,010 km"),
        (999_424.0, "", "999,000 to 1e6"),
        (1.0, "au", "1 to 1.01 au"),
        (0.00123456, "", "0.00123 to 0.00124"),
        (4.56e-9, "", "4.56e-9 to 4.57e-9"),
        (0.0, "m", "0 m"),
    ],
)
def test_a_distance_has_the_edges_of_its_bin_in_three_digits_and_its_unit(
    closest: float, unit: str, figure: str
) -> None:
    assert told(closest=closest, unit=unit).endswith(f"the median closest approach is {figure}.")


def test_without_a_closest_approach_none_is_told() -> None:
    assert told(closest=None) == "Of 10,000 members, 50 % have escaped by step 74,800."


def test_an_escape_is_not_said_to_be_after_the_end() -> None:
    assert "by step 99,999" in told(steps=99_999, median_escape=99_998, escaped=6_000)
