from __future__ import annotations

import csv
import io
import json
import math
import struct
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.export import FORMATS, export
from tests.nano_records import SCHEMA
from tests.unit.sim.export.samples import NUMBERS, batch_of, initial, many

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

DOUBLES = st.floats(allow_nan=False, allow_infinity=False)
NAMES = st.lists(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9),
    min_size=1,
    max_size=5,
)
AWKWARD = [5e-324, 1e22, -0.0, 0.1, 1.7976931348623157e308, 2.2250738585072014e-308, -1e-7]


def text_of(batches: Sequence[pa.RecordBatch], name: str) -> str:
    return b"".join(export(batches, FORMATS[name], SCHEMA)).decode()


def bits(values: Sequence[float]) -> bytes:
    return struct.pack(f"{len(values)}d", *values)


def nested_rows(elements: list[Any]) -> list[tuple[str, list[float]]]:
    """Return the rows that data.js's array stands for, with `time` checked to be t1."""
    rows = []
    for t0, t1, states in elements:
        for name, state in states.items():
            assert list(state) == ["time", "timeStep", "x", "y", "vx", "vy"]
            assert bits([state["time"]]) == bits([float(t1)])
            t0_read = -math.inf if t0 is None else t0
            rows.append((name, [t0_read, *(float(value) for value in state.values())]))
    return rows


def rows_of(batches: Sequence[pa.RecordBatch]) -> list[tuple[str, list[float]]]:
    return [
        (row["agent"], [row[name] for name in NUMBERS]) for b in batches for row in b.to_pylist()
    ]


def same(one: list[tuple[str, list[float]]], other: list[tuple[str, list[float]]]) -> bool:
    return [(name, bits(numbers)) for name, numbers in one] == [
        (name, bits(numbers)) for name, numbers in other
    ]


def test_data_js_begins_with_the_assignment_and_the_state_without_a_beginning() -> None:
    text = text_of([initial(["Planet", "Satellite"])], "js")
    assert text.startswith('data = [[-Infinity, 0, {"Planet": {"time": 0.0, "timeStep": ')
    assert text.endswith("]\n")


def test_data_js_is_json_after_the_assignment() -> None:
    batches = [initial(["Planet", "Satellite"]), many(20_000)]
    elements = json.loads(text_of(batches, "js").removeprefix("data = "))
    assert elements[0][0] == -math.inf
    assert same(nested_rows(elements), rows_of(batches))


def test_json_is_the_same_array_with_null_for_the_missing_beginning() -> None:
    batches = [initial(["Planet", "Satellite"]), many(10)]
    js, plain = text_of(batches, "js"), text_of(batches, "json")
    assert plain == js.removeprefix("data = ").replace("-Infinity", "null")
    assert json.loads(plain)[0][0] is None


@pytest.mark.parametrize("name", ["js", "json", "csv"])
def test_nothing_is_still_a_whole_file(name: str) -> None:
    text = text_of([], name)
    assert (
        text
        == {"js": "data = []\n", "json": "[]\n", "csv": "agent," + ",".join(NUMBERS) + "\n"}[name]
    )


@pytest.mark.parametrize("batches", [[initial(["Planet"])], [many(1)], [many(0)]])
def test_a_short_file_closes_properly(batches: list[pa.RecordBatch]) -> None:
    assert same(nested_rows(json.loads(text_of(batches, "json"))), rows_of(batches))


@settings(deadline=None)  # the first example compiles
@given(NAMES.filter(lambda names: len(set(names)) == len(names)), st.data())
def test_names_and_numbers_of_every_kind_read_back(names: list[str], data: st.DataObject) -> None:
    numbers = st.lists(DOUBLES | st.sampled_from(AWKWARD), min_size=7, max_size=7)
    rows = data.draw(st.lists(st.tuples(st.sampled_from(names), numbers), max_size=9))
    batches = [initial(names), batch_of(names, rows)]
    expected = rows_of(batches)
    assert same(nested_rows(json.loads(text_of(batches, "json"))), expected)
    lines = list(csv.reader(io.StringIO(text_of(batches, "csv"), newline="")))
    assert lines[0] == ["agent", *NUMBERS]
    assert same([(line[0], [float(cell) for cell in line[1:]]) for line in lines[1:]], expected)


def test_every_number_looks_like_a_double() -> None:
    numbers = [0.0, 1.0, -0.0, 1e22, 5e-324, 2.0**53, -3.0]
    line = text_of([batch_of(["A"], [("A", numbers)])], "csv").splitlines()[1]
    assert line == "A,0.0,1.0,-0.0,1e+22,5e-324,9007199254740992.0,-3.0"


def test_a_name_cannot_end_the_script_it_stands_in() -> None:
    name = "</script><!--\u2028\u2029&"
    text = text_of([initial([name]), batch_of([name], [(name, [1.0] * 7)])], "js")
    assert text.isascii()
    assert "<" not in text
    assert name in json.loads(text.removeprefix("data = "))[1][2]


def test_the_initial_rows_of_a_csv_have_a_t0_of_minus_infinity() -> None:
    lines = text_of([initial(["A", 'a "b", c'])], "csv").splitlines()
    assert lines[1].startswith("A,-inf,0.0,")
    assert lines[2].startswith('"a ""b"", c",-inf,0.0,')


@pytest.mark.parametrize("name", ["js", "json", "csv"])
def test_bytes_do_not_depend_on_how_records_are_batched(name: str) -> None:
    whole = many(20_000)
    cut = [whole.slice(at, 777) for at in range(0, 20_000, 777)]
    start = initial(["Planet", "Satellite"])
    assert text_of([start, whole], name) == text_of([start.slice(0, 1), start.slice(1), *cut], name)


def test_pieces_are_small_however_large_a_batch_is() -> None:
    assert max(map(len, export([many(50_000)], FORMATS["js"], SCHEMA))) < 4_000_000
