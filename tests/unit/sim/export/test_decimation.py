from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import Propagation, Trajectory
from sim.errors import RequestError
from sim.export import MAX_POINTS, thin
from tests.nano_records import SCHEMA
from tests.unit.sim.export.samples import batch_of, initial, many


def rows_of(batches: list[pa.RecordBatch]) -> list[dict[str, object]]:
    return [row for batch in batches for row in batch.to_pylist()]


def naive(rows: list[dict[str, float]], share: int, bins: int) -> list[dict[str, float]]:
    """Return `share` of one agent's rows: extremes of the fewest bins of 2**k rows that fit."""
    width = 1
    while width * bins < len(rows):
        width *= 2
    in_bins = [extremes(rows, start, start + width) for start in range(0, len(rows), width)]
    offered = sorted({row for of_bin in in_bins for row in of_bin})
    if share >= len(offered):
        return [rows[i] for i in offered]
    groups = min(len(in_bins), share // 4)
    cuts = [group * len(in_bins) // groups * width for group in range(groups)] + [len(rows)]
    kept = {
        row
        for start, stop in itertools.pairwise(cuts)
        for row in extremes(rows, start, min(stop, len(rows)))
    }
    rest = [row for row in offered if row not in kept]
    missing = share - len(kept)
    kept |= {rest[i * len(rest) // missing] for i in range(missing)}
    return [rows[i] for i in sorted(kept)]


def extremes(rows: list[dict[str, float]], start: int, stop: int) -> set[int]:
    found = set()
    for name in ("x", "y"):
        values = [row[name] for row in rows[start:stop]]
        found |= {start + values.index(min(values)), start + values.index(max(values))}
    return found


@settings(deadline=None)  # the first example compiles
@given(st.integers(9, 2000), st.integers(1, 5), st.integers(0, 99), st.integers(1, 500))
def test_an_agents_rows_are_the_extremes_of_its_groups_and_then_those_of_finer_ones(
    rows: int, agents: int, seed: int, cut: int
) -> None:
    whole = many(rows, agents, seed)
    max_points = max(4 * agents, rows // 3)
    batches = [whole.slice(at, cut) for at in range(0, rows, cut)]
    thinned = rows_of(list(thin(lambda: batches, max_points, agents=agents)))
    if rows <= max_points:
        assert thinned == rows_of([whole])
        return
    for name in whole.column("agent").dictionary.to_pylist():
        of_agent = whole.filter(pc.equal(whole.column("agent").cast(pa.string()), name))
        found = [row for row in thinned if row["agent"] == name]
        expected = naive(of_agent.to_pylist(), len(found), max_points // agents)
        assert found == expected


@pytest.mark.parametrize("max_points", [8, 9, 10, 100, 101, 500, 700, 804])
def test_close_to_as_many_come_out_as_were_asked_for(max_points: int) -> None:
    propagation = Propagation.open(Trajectory(), 500)
    assert propagation.records == 805
    thinned = rows_of(list(thin(propagation.slices, max_points, agents=2)))
    assert 0.98 * max_points - 1 <= len(thinned) <= max_points


@pytest.mark.parametrize("max_points", [100, 2_000, 30_000])
def test_the_same_on_a_straight_way_whose_extremes_coincide(max_points: int) -> None:
    straight = straight_way(40_000)
    thinned = rows_of(list(thin(lambda: [straight], max_points, agents=1)))
    assert len(thinned) == max_points


def test_what_an_agent_with_few_rows_leaves_goes_to_the_others() -> None:
    names = ["Planet", "Satellite"]
    few = batch_of(names, [("Planet", [i, i + 1, 1.0, i, -i, 0.0, 0.0]) for i in range(3)])
    scattered = [(i * 7_919 % 5_003, i * 4_729 % 5_003) for i in range(5_000)]
    rest = batch_of(names, [("Satellite", [0.0, 1.0, 1.0, x, y, 0.0, 0.0]) for x, y in scattered])
    thinned = rows_of(list(thin(lambda: [few, rest], 1_000, agents=2)))
    assert [row["agent"] for row in thinned].count("Planet") == 3
    assert len(thinned) == 1_000


def straight_way(rows: int) -> pa.RecordBatch:
    """One agent that moves on a straight line: in a bin, first and last have all extremes."""
    way = pa.array(np.arange(rows, dtype=float))
    agent = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int16)), pa.array(["Planet"]))
    return pa.record_batch([agent, *[way] * 7], schema=SCHEMA)


@pytest.mark.parametrize("max_points", [8, 9, 100, 1_001])
def test_no_more_rows_come_out_than_were_asked_for_and_all_are_real(max_points: int) -> None:
    whole = [initial(["Planet", "Satellite"]), many(5_000)]
    thinned = rows_of(list(thin(lambda: whole, max_points, agents=2)))
    assert max_points - 1 <= len(thinned) <= max_points
    rest = iter(rows_of(whole))
    assert all(any(row == real for real in rest) for row in thinned)  # a subsequence


def test_what_is_few_enough_comes_out_unchanged() -> None:
    whole = many(100)
    assert rows_of(list(thin(lambda: [whole], 100, agents=2))) == rows_of([whole])


def test_an_agents_extremes_are_among_its_rows() -> None:
    whole = many(30_000)
    thinned = pa.Table.from_batches(thin(lambda: [whole], 50, agents=2))
    for name in ("x", "y"):
        assert pc.min_max(thinned.column(name)) == pc.min_max(whole.column(name))


@pytest.mark.parametrize("max_points", [-1, 0, 7, MAX_POINTS + 1])
def test_a_bound_that_cannot_be_kept_is_refused_before_anything_is_read(max_points: int) -> None:
    with pytest.raises(RequestError, match=r"from 8 .* to 1000000"):
        thin(lambda: (), max_points, agents=2)
