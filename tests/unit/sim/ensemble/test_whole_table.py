"""Claims about the whole table: it has the rows that its pages have, in the same order."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.ensemble.paging import page
from sim.ensemble.table import OUTCOMES, table_schema
from sim.ensemble.whole_table import ROWS, held_bytes, whole_table
from sim.errors import RequestError
from sim.scenario import NANO

SCHEMA = table_schema(NANO)


def table(members: int, seed: int = 0, first: int = 0) -> pa.RecordBatch:
    """Rows of two agents each; few distinct values, so that there are ties, and nulls."""
    rng, rows = np.random.default_rng(seed + first), 2 * members
    arrays = []
    for field in SCHEMA:
        if field.name == "member":
            arrays.append(pa.array(np.repeat(np.arange(first, first + members), 2)))
        elif field.name == "agent":
            codes = pa.array(np.tile([0, 1], members), pa.int16())
            arrays.append(pa.DictionaryArray.from_arrays(codes, list(NANO.names)))
        elif field.name == "outcome":
            codes = pa.array(rng.integers(0, 6, rows), pa.int8(), mask=rng.random(rows) < 0.2)
            arrays.append(pa.DictionaryArray.from_arrays(codes, list(OUTCOMES)))
        else:
            missing = rng.random(rows) < (0.3 if field.nullable else 0)
            arrays.append(pa.array(rng.integers(-3, 3, rows), field.type, mask=missing))
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def divided(batch: pa.RecordBatch, cuts: list[int]) -> list[pa.RecordBatch]:
    edges = [0, *sorted(cut % (batch.num_rows + 1) for cut in cuts), batch.num_rows]
    return [batch.slice(a, b - a) for a, b in itertools.pairwise(edges)]


@given(
    sort=st.sampled_from(["", "member", "-member", "-closest", "escape_at", "outcome", "-agent"]),
    where=st.sampled_from([{}, {"outcome": ("bound", "none")}, {"agent": ("Satellite",)}]),
    cuts=st.lists(st.integers(0, 100), max_size=4),
)
def test_it_is_all_its_pages_one_after_the_other(
    sort: str, where: dict[str, tuple[str, ...]], cuts: list[int]
) -> None:
    whole = table(30)
    found = pa.Table.from_batches(
        whole_table(SCHEMA, divided(whole, cuts), where=where, sort=sort), SCHEMA
    )
    rows, cursor = [], ""
    while True:
        one = page(SCHEMA, [whole], where=where, sort=sort, limit=7, cursor=cursor)
        rows += one.rows.to_pylist()
        if one.cursor is None:
            break
        cursor = one.cursor
    assert found.to_pylist() == rows


def test_a_sorted_table_comes_in_batches_of_bounded_size() -> None:
    batches = [table(10_000, first=first) for first in range(0, 40_000, 10_000)]
    sizes = [batch.num_rows for batch in whole_table(SCHEMA, batches, sort="x")]
    assert sizes == [ROWS, ROWS, 80_000 - 2 * ROWS]


def test_in_its_own_order_it_is_read_batch_by_batch() -> None:
    read = []

    def batches() -> object:
        for first in (0, 10, 20):
            read.append(first)
            yield table(10, first=first)

    rows = whole_table(SCHEMA, batches())  # type: ignore[arg-type]  # a generator
    assert next(rows).num_rows == 20
    assert read == [0]


@pytest.mark.parametrize("sort", ["", "-closest"])
def test_no_rows_are_no_rows(sort: str) -> None:
    assert sum(batch.num_rows for batch in whole_table(SCHEMA, [], sort=sort)) == 0
    chosen = whole_table(SCHEMA, [table(3)], where={"agent": ("nobody",)}, sort=sort)
    assert sum(batch.num_rows for batch in chosen) == 0


@pytest.mark.parametrize(("where", "sort"), [({}, "mass"), ({"outcome": ("lost",)}, "")])
def test_what_is_no_column_or_outcome_is_refused_at_once(
    where: dict[str, tuple[str, ...]], sort: str
) -> None:
    with pytest.raises(RequestError):
        whole_table(SCHEMA, [], where=where, sort=sort)


def test_what_a_sorted_table_holds_is_estimated_from_above() -> None:
    batch = table(1_000)
    keys = 24 * 2_000
    assert 2 * batch.nbytes + keys <= held_bytes(SCHEMA, 2_000) * 1.001
    assert held_bytes(SCHEMA, 2_000) < 4 * batch.nbytes
