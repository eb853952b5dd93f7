from __future__ import annotations

from sim.verification.outcome import Difference, Verification

FOUND = Difference(where="row 3, column x", stored="1.5", recomputed="1" * 200)


def test_it_is_right_only_without_a_difference() -> None:
    right = Verification(what="a.csv", id="500", share="all 805 records", is_all=True)
    assert right.ok
    assert str(right) == "a.csv is what 500 gives, by all 805 records."


def test_the_first_difference_is_told_and_long_values_are_cut() -> None:
    wrong = Verification(
        what="a.csv", id="500", share="all 805 records", is_all=True, differences=(FOUND,)
    )
    assert not wrong.ok
    assert str(wrong) == (
        f"a.csv is not what 500 gives: row 3, column x: 1.5 stored, {'1' * 80}... recomputed."
    )
