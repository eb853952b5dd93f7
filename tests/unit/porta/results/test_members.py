from __future__ import annotations

import pyarrow as pa
import pyarrow.compute
import pytest

import porta
from sim.ensemble.computed import compute
from sim.scenario import PropagationRequest

TABLE = compute(PropagationRequest(400, members=30)).table()


@pytest.fixture(scope="module")
def members() -> porta.Members:
    return porta.propagate(400, members=30).members


def test_all_rows_are_those_of_the_engine(members: porta.Members) -> None:
    assert members.to_arrow().equals(TABLE)
    assert members.schema == TABLE.schema
    assert len(members) == TABLE.num_rows
    assert list(members) == TABLE.to_pylist()
    assert pa.Table.from_batches(members.batches()).equals(TABLE)


@pytest.mark.parametrize(
    "cut",
    [slice(3, 9), slice(None, 5), slice(55, None), slice(-4, None), slice(9, 3), slice(60, 99)],
)
def test_a_slice_is_that_of_a_list(members: porta.Members, cut: slice) -> None:
    assert members[cut].to_pylist() == TABLE.to_pylist()[cut]


def test_a_row_is_a_dict_by_its_number_also_from_the_end(members: porta.Members) -> None:
    assert members[7] == TABLE.to_pylist()[7]
    assert members[-1] == TABLE.to_pylist()[-1]
    for beyond in (60, -61):
        with pytest.raises(IndexError, match="there are 60"):
            members[beyond]


def test_rows_are_chosen_by_agent_and_outcome(members: porta.Members) -> None:
    satellites = members.where(agent="Satellite")
    assert len(satellites) == 30
    assert {row["agent"] for row in satellites} == {"Satellite"}
    assert len(satellites.where(outcome="escaped")) + len(satellites.where(outcome="bound")) == 30
    assert len(members.where(outcome=["none", "bound"])) == len(
        members.where(agent="Planet")
    ) + len(satellites.where(outcome="bound"))
    assert satellites.where(outcome="collision").to_arrow().num_rows == 0


@pytest.mark.parametrize("descending", [False, True])
def test_rows_are_sorted_by_a_column(members: porta.Members, *, descending: bool) -> None:
    found = members.where(agent="Satellite").sort("closest", descending=descending)
    closest = pa.compute.drop_null(TABLE.column("closest")).to_pylist()
    expected = sorted(closest, reverse=descending)
    assert found.to_arrow().column("closest").to_pylist() == expected
    assert found[2:6].column("closest").to_pylist() == expected[2:6]
    assert found[-1]["closest"] == expected[-1]


def test_what_there_is_not_is_refused_with_the_nearest(members: porta.Members) -> None:
    with pytest.raises(porta.ArgumentError, match="did you mean 'Satellite'"):
        members.where(agent="Satelite")
    with pytest.raises(porta.ArgumentError, match="did you mean 'escaped'"):
        members.where(outcome="escape")
    with pytest.raises(porta.ArgumentError, match="did you mean 'closest'"):
        members.sort("closet")
    with pytest.raises(porta.ArgumentTypeError, match="without a step"):
        members[::2]
    with pytest.raises(porta.ArgumentTypeError, match="row's number"):
        members["Satellite"]  # type: ignore[call-overload]


def test_its_repr_says_what_is_chosen(members: porta.Members) -> None:
    chosen = members.where(agent="Satellite", outcome=["bound", "escaped"]).sort("x")
    assert repr(chosen).endswith(", outcome bound or escaped, agent Satellite, sorted by x>")
