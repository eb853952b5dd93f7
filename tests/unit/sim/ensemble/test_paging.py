"""Pages of the table against one sort of the whole table."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.ensemble.paging import MAX_LIMIT, Order, first_member, page
from sim.ensemble.table import OUTCOMES, table_schema
from sim.errors import RequestError
from sim.scenario import NANO

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA = table_schema(NANO)
NAMES = ["Planet", "Satellite"]


def table(members: int, seed: int = 0) -> pa.RecordBatch:
    """Rows with many ties and nulls."""
    rng, rows = np.random.default_rng(seed), 2 * members
    agents = pa.DictionaryArray.from_arrays(np.tile([0, 1], members).astype(np.int16), NAMES)
    codes = pa.array(rng.integers(0, 3, rows), pa.int8(), mask=rng.random(rows) < 0.2)
    arrays: dict[str, Any] = {
        "member": np.repeat(np.arange(members), 2),
        "agent": agents,
        "outcome": pa.DictionaryArray.from_arrays(codes, pa.array(OUTCOMES)),
        "steps": rng.integers(0, 5, rows),
        "closest": pa.array(rng.integers(-2, 3, rows) / 4, mask=rng.random(rows) < 0.3),
    }
    for field in SCHEMA:
        arrays.setdefault(field.name, pa.nulls(rows, field.type))
    return pa.RecordBatch.from_arrays(
        [
            pa.array(arrays[n]) if isinstance(arrays[n], np.ndarray) else arrays[n]
            for n in SCHEMA.names
        ],
        schema=SCHEMA,
    )


def batches(whole: pa.RecordBatch, size: int) -> Iterator[pa.RecordBatch]:
    for start in range(0, whole.num_rows, size):
        yield whole.slice(start, size)


def ordered(rows: list[dict[str, Any]], sort: str) -> list[dict[str, Any]]:
    """All rows, sorted in plain Python."""
    order = Order.read(sort or "member")

    def key(row: dict[str, Any]) -> tuple[Any, ...]:
        value = row[order.column]
        if isinstance(value, str):
            value = (NAMES if order.column == "agent" else list(OUTCOMES)).index(value)
        rank = 0 if value is None else (-value if order.falls else value)
        return value is None, rank, row["member"], NAMES.index(row["agent"])

    return sorted(rows, key=key)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 30),
    st.sampled_from(["", "member", "-member", "closest", "-closest", "agent", "-outcome", "steps"]),
    st.integers(1, 70),
    st.integers(1, 20),
    st.sampled_from(
        [{}, {"outcome": ["escaped"]}, {"outcome": ["bound", "none"], "agent": ["Planet"]}]
    ),
    st.data(),
)
def test_pages_put_together_are_the_sorted_table(
    members: int, sort: str, limit: int, size: int, where: dict[str, list[str]], data: st.DataObject
) -> None:
    whole, cursor, seen = table(members, members), "", list[dict[str, Any]]()
    wanted = [
        row
        for row in whole.to_pylist()
        if all(row[name] in values for name, values in where.items())
    ]
    for _ in range(2 * members + 1):
        found = page(
            SCHEMA, batches(whole, size), where=where, sort=sort, limit=limit, cursor=cursor
        )
        assert found.rows.num_rows <= limit
        assert found.matching in {None, len(wanted)}
        seen += found.rows.to_pylist()
        if found.cursor is None:
            break
        cursor = found.cursor
        size = data.draw(st.integers(1, 20))  # blocks may be others from page to page
    assert seen == ordered(wanted, sort)


def test_in_the_tables_own_order_no_more_batches_are_read_than_a_page_needs() -> None:
    read = []

    def counted() -> Iterator[pa.RecordBatch]:
        for number, batch in enumerate(batches(table(50), 10)):
            read.append(number)
            yield batch

    found = page(SCHEMA, counted(), limit=12)
    assert found.rows.column("member").to_pylist() == [m for m in range(6) for _ in NAMES]
    assert (read, found.matching) == ([0, 1], None)


def test_no_rows_of_a_page_are_before_its_first_member() -> None:
    whole = table(50)
    cursor = page(SCHEMA, [whole], limit=13).cursor or ""
    first = first_member(SCHEMA, {}, sort="", cursor=cursor)
    rest = page(SCHEMA, batches(whole.slice(2 * first), 10), limit=100, cursor=cursor)
    assert first == 6
    assert rest.rows.to_pylist() == whole.slice(13).to_pylist()
    assert rest.matching is None
    assert first_member(SCHEMA, {}, sort="", cursor="") == 0
    sorted_cursor = page(SCHEMA, [whole], sort="closest", limit=13).cursor or ""
    assert first_member(SCHEMA, {}, sort="closest", cursor=sorted_cursor) == 0


def test_of_no_rows_a_page_is_empty() -> None:
    found = page(SCHEMA, [], sort="-closest")
    assert (found.rows.num_rows, found.cursor, found.matching) == (0, None, 0)
    assert found.rows.schema == SCHEMA
    assert page(SCHEMA, [table(3)], where={"agent": ["Nobody"]}).rows.num_rows == 0


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ({"sort": "mass"}, "sort"),
        ({"sort": "--closest"}, "sort"),
        ({"sort": "-"}, "sort"),
        ({"limit": 0}, "limit"),
        ({"limit": MAX_LIMIT + 1}, "limit"),
        ({"where": {"closest": ["1"]}}, "where"),
        ({"where": {"outcome": ["lost"]}}, "where"),
        ({"cursor": "?"}, "cursor"),
        ({"cursor": "A" * 9999}, "cursor"),
    ],
)
def test_what_can_not_be_asked_for_is_refused(asked: dict[str, Any], where: str) -> None:
    with pytest.raises(RequestError) as refused:
        page(SCHEMA, [table(3)], **asked)
    assert refused.value.where == where


def test_a_cursor_belongs_to_its_order() -> None:
    cursor = page(SCHEMA, [table(9)], sort="closest", limit=2).cursor
    assert cursor is not None
    with pytest.raises(RequestError, match="another order"):
        page(SCHEMA, [table(9)], sort="-closest", limit=2, cursor=cursor)


@pytest.mark.parametrize(
    "content",
    [
        *([], {}, 7, None, ["closest"], ["closest", 0, 0.5, 1, 1], ["closest", False, "x", 1, 1]),
        *(["closest", False, True, 1, 1], ["closest", False, 0.5, 10**40, 1]),
        *(["closest", False, 0.5, 1, True], ["closest", False, float("nan"), 1, 1], [[[]]]),
    ],
)
def test_a_cursor_that_was_made_up_is_refused(content: object) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
    with pytest.raises(RequestError) as refused:
        page(SCHEMA, [table(3)], sort="closest", cursor=cursor)
    assert refused.value.where == "cursor"


@given(st.text(min_size=1, max_size=60))
def test_any_other_text_is_no_cursor(text: str) -> None:
    with pytest.raises(RequestError) as refused:
        page(SCHEMA, [table(2)], cursor=text)
    assert refused.value.where == "cursor"
