from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sim.verification.effort import Effort


@given(size=st.integers(1, 2_000), count=st.integers(1, 60), seed=st.integers(0, 2**40))
def test_a_sample_has_its_size_its_order_both_ends_and_nothing_twice(
    size: int, count: int, seed: int
) -> None:
    found = Effort(seed=seed).sampled(range(size), count, "500")
    assert len(found) == min(size, count)
    assert found == sorted(set(found))
    assert found[0] == 0
    if count > 1:
        assert found[-1] == size - 1


def test_a_sample_is_the_same_for_its_seed_and_another_each_time_and_for_another_result() -> None:
    units = range(10**6)
    mine = Effort()
    assert mine.sampled(units, 12, "500") == Effort(seed=mine.seed).sampled(units, 12, "500")
    assert mine.sampled(units, 12, "500") != mine.sampled(units, 12, "501")
    assert len({tuple(Effort().sampled(units, 12, "500")) for _ in range(5)}) == 5


def test_all_is_recomputed_where_that_is_asked_for_or_soon_done() -> None:
    assert Effort(everything=True).takes_all(1e6)
    assert Effort().takes_all(0.5)
    assert not Effort().takes_all(2.0)


def test_a_sample_has_as_many_units_as_can_be_done_soon_and_three_at_least() -> None:
    assert Effort().count(0.01, 5_000) == 100
    assert Effort().count(10.0, 5_000) == 3
    assert Effort().count(0.01, 2) == 2
