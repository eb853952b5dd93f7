from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontend.domain.order_record import OrderRecord
from sim.order import Order, Until
from sim.scenario import Trajectory

ORDER = Order(20_000, Trajectory(seed=3), condition=Until(5.0))


@pytest.mark.parametrize(
    "known", [{}, {"steps": 77, "stopped": True}, {"failed": "It is too late."}], ids=str
)
def test_a_record_reads_back(known: dict[str, object]) -> None:
    record = OrderRecord.of(ORDER, **known)
    assert OrderRecord.from_bytes(record.to_bytes()) == record
    assert Order.from_terms(ORDER.trajectory, record.terms) == ORDER


def test_a_record_is_short_whatever_the_scenario() -> None:
    assert len(OrderRecord.of(ORDER).to_bytes()) < 300


@given(st.binary() | st.sampled_from([b"null", b"[]", b'{"digest":"a"}', b'{"digest":1}']))
def test_anything_else_is_no_record(data: bytes) -> None:
    assert OrderRecord.from_bytes(data) is None
