from __future__ import annotations

import csv
import io
import json
import math
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from sim import Propagation, Trajectory
from sim.export import FORMATS, export_states
from sim.export.states import WRITERS
from sim.models.nano.scenario import NanoScenario
from sim.records import states_schema_of
from sim.scenario import NANO
from tests.labelled import OF_ANY
from tests.unit.sim.scenarios import agent

NUMBERS = NANO.model.columns
SCHEMA = states_schema_of(NANO.model)
NAMED = NanoScenario(
    (
        agent('Planet, "the" first', 1.0, 0.01, 0.0, 0.1, 0.1, -0.0),
        agent("</script>", 0.0, 0.01, 0.0, 1.0, 1.0, 0.0),
    ),
    0.01,
    0.09,
    0.001,
)
TIMES = [-1.0, 0.0, 0.5, 1e6]


@pytest.fixture(scope="module")
def batches() -> list[pa.RecordBatch]:
    return list(Propagation.open(Trajectory(NAMED), 60).states(TIMES))


def expected(batches: list[pa.RecordBatch]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pa.Table.from_batches(batches).to_pylist()
    return found


def written(batches: list[pa.RecordBatch], name: str) -> bytes:
    return b"".join(export_states(batches, FORMATS[name], SCHEMA))


def test_every_format_of_records_is_one_of_states() -> None:
    assert WRITERS.keys() == FORMATS.keys()


@pytest.mark.parametrize("name", ["arrow", "parquet"])
def test_columns_read_back(batches: list[pa.RecordBatch], name: str) -> None:
    data = pa.BufferReader(written(batches, name))
    table = (
        pyarrow.parquet.read_table(data) if name == "parquet" else pa.ipc.open_file(data).read_all()
    )
    assert table.to_pylist() == expected(batches)
    assert table.schema.equals(SCHEMA)


def test_csv_reads_back_with_empty_cells(batches: list[pa.RecordBatch]) -> None:
    found = list(csv.DictReader(io.StringIO(written(batches, "csv").decode())))
    assert list(found[0]) == ["t", "agent", *NUMBERS]
    for line, one in zip(found, expected(batches), strict=True):
        assert line.pop("agent") == one["agent"]
        for column, text in line.items():
            assert (None if text == "" else float(text)) == one[column]
    assert found[0]["t0"] == "-inf"
    assert found[-1]["x"] == ""


def test_json_reads_back_with_nulls(batches: list[pa.RecordBatch]) -> None:
    found = json.loads(written(batches, "json"))
    for (t, t0, t1, states), one in zip(found, expected(batches), strict=True):
        assert (t, t1) == (one["t"], one["t1"])
        assert t0 == (None if one["t0"] is not None and math.isinf(one["t0"]) else one["t0"])
        ((name, state),) = states.items()
        assert name == one["agent"]
        if one["t1"] is None:
            assert state is None
        else:
            assert state == {"time": one["t1"], **{key: one[key] for key in NUMBERS[2:]}}


def test_a_script_is_the_same_array_and_no_name_ends_its_element(
    batches: list[pa.RecordBatch],
) -> None:
    text = written(batches, "js").decode()
    assert "</script>" not in text
    assert (
        text.removeprefix("data = ").replace("-Infinity", "null")
        == written(batches, "json").decode()
    )


@pytest.mark.parametrize("name", OF_ANY)
def test_the_bytes_do_not_depend_on_the_batches(batches: list[pa.RecordBatch], name: str) -> None:
    single = [batch.slice(i, 1) for batch in batches for i in range(batch.num_rows)]
    assert written(single, name) == written(batches, name)


def test_no_rows_are_a_file_too() -> None:
    assert json.loads(written([], "json")) == []
