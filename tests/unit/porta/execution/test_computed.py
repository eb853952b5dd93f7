from __future__ import annotations

import pyarrow as pa
import pytest

from porta.execution.computed import ComputedMembers, ComputedRun
from sim.engine import Propagation
from sim.ensemble.computed import compute
from sim.scenario import PropagationRequest, Trajectory

REQUEST = PropagationRequest(300, members=60)


@pytest.fixture(scope="module")
def members() -> ComputedMembers:
    return ComputedMembers(compute(REQUEST))


def test_records_are_those_of_the_propagation() -> None:
    propagation = Propagation.open(Trajectory(), 500)
    run = ComputedRun(PropagationRequest(500), propagation)
    all_records = list(run.records(-float("inf"), float("inf"), None))
    assert all_records == list(propagation.slices())
    assert list(run.records(1.0, 9.0, 3)) == list(propagation.every(3, 1.0, 9.0))


@pytest.mark.parametrize("sort", ["", "-closest"])
def test_a_few_rows_are_the_first_of_all(members: ComputedMembers, sort: str) -> None:
    where = {"agent": ("Satellite",)}
    few = pa.Table.from_batches(members.rows(where=where, sort=sort, limit=7))
    whole = pa.Table.from_batches(members.rows(where=where, sort=sort))
    assert few.num_rows == 7
    assert few.to_pylist() == whole.slice(0, 7).to_pylist()


def test_a_member_is_the_run_that_it_would_be_by_itself(members: ComputedMembers) -> None:
    request = REQUEST.of_member(17)
    alone = Propagation.open(Trajectory(member=17), 300)
    assert members.member(request).summary() == alone.summary()
