"""Claims about what files say of themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet
import pytest

from sim import Propagation, Trajectory
from sim.errors import RequestError, ScenarioError
from sim.export.metadata import (
    KEY,
    Chosen,
    Metadata,
    chosen_times,
    sidecar_of,
    sidecar_path,
)
from sim.records import schema_of
from sim.scenario import PropagationRequest
from sim.version import VERSION
from tests.written_files import records_bytes

if TYPE_CHECKING:
    from pathlib import Path

REQUEST = PropagationRequest(500, Trajectory(seed=7))
NAMES = schema_of(REQUEST.trajectory.scenario.model).names
OPENED = Propagation.open(REQUEST.trajectory, REQUEST.steps)
CHOICES = (
    Chosen(),
    Chosen(t0=-1.5, t1=2.0, every=7),
    Chosen(max_points=100),
    Chosen(interval=0, iterations=500),
    chosen_times(np.array([0.0, 1.5])),
    Chosen(kind="members", where={"outcome": ("bound", "escaped")}, sort="-closest"),
)


def stored(form: str) -> Any:  # noqa: ANN401 - JSON
    data = pa.BufferReader(records_bytes(OPENED, form))
    if form == "arrow":
        return orjson.loads(pa.ipc.open_file(data).schema.metadata[KEY])
    return orjson.loads(pyarrow.parquet.ParquetFile(data).metadata.metadata[KEY])


@pytest.mark.parametrize("form", ["arrow", "parquet"])
def test_a_file_says_of_which_request_it_is_and_by_what_it_was_written(form: str) -> None:
    found = stored(form)
    assert found["request"] == REQUEST.to_json()
    assert found["id"] == REQUEST.id
    assert found["porta"] == VERSION
    assert found["model"] == {"name": "nano", "version": REQUEST.trajectory.scenario.model.version}
    assert found["checksum"] == OPENED.checkpoints_checksum
    assert found["columns"]["vx"] == {"meaning": "velocity along x", "unit": ""}


@pytest.mark.parametrize("form", ["js", "json", "csv", "arrow", "parquet"])
def test_the_same_request_gives_the_same_bytes_whenever_it_is_written(form: str) -> None:
    again = Propagation.open(REQUEST.trajectory, REQUEST.steps)
    assert records_bytes(OPENED, form) == records_bytes(again, form)


@pytest.mark.parametrize("chosen", CHOICES, ids=lambda chosen: str(chosen.to_json()))
def test_what_is_chosen_reads_back(chosen: Chosen) -> None:
    assert Chosen.from_json(orjson.loads(orjson.dumps(chosen.to_json()))) == chosen


@pytest.mark.parametrize("members", [1, 3])
def test_the_metadata_reads_back(members: int) -> None:
    request = PropagationRequest(500, REQUEST.trajectory, members)
    metadata = Metadata(request=request, checksum="c" * 64)
    assert Metadata.from_json(orjson.loads(metadata.canonical(NAMES))) == metadata


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"format": 2}, "by a newer Porta"),
        ({"porta": 1}, "texts as porta"),
        ({"request": []}, "object that has steps"),
        ({"request": {"steps": 500}}, "lacks scenario"),
        ({"request": REQUEST.to_json() | {"steps": -1}}, "whole number"),
        ({"selection": {"kind": "pictures"}}, "one of records, states, members"),
        ({"selection": {"kind": "records", "every": True}}, "whole number"),
        ({"selection": {"kind": "records", "t0": "early"}}, "must be a number"),
        ({"selection": {"kind": "states", "times": [1.0]}}, "count above 0"),
        ({"selection": {"kind": "members", "where": {"agent": "x"}}}, "list of texts"),
        ({"model": "nano"}, "must be an object"),
        ({"model": {"name": "nano", "version": [1]}}, "version must be a text"),
        ({"seal": ["sha256:0"]}, "seal must be a text"),
        ({"file": [[]]}, "file must have its bytes"),
        ({"file": {"bytes": [9], "sha256": "0"}}, "file must have its bytes"),
        ({"file": {"bytes": True, "sha256": "0"}}, "file must have its bytes"),
        ({"file": {"bytes": 9, "sha256": [0]}}, "file must have its bytes"),
        ({"file": {"bytes": 9, "sha256": "0", "more": 1}}, "file must have its bytes"),
        ({"stranger": 1}, "unknown field 'stranger'"),
    ],
)
def test_what_porta_does_not_write_is_refused_with_a_sentence(
    change: dict[str, Any], sentence: str
) -> None:
    written = Metadata(request=REQUEST).to_json(NAMES) | change
    with pytest.raises((RequestError, ScenarioError), match=sentence):
        Metadata.from_json(written)


def test_a_sidecar_has_the_metadata_and_the_digest_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "orbit.csv"
    path.write_bytes(b"agent,t0\n")
    with path.open("rb") as file:
        found = orjson.loads(sidecar_of(file, Metadata(request=REQUEST), NAMES))
    assert found["file"]["bytes"] == 9
    assert found["id"] == REQUEST.id
    assert Metadata.from_json(found) == Metadata(request=REQUEST)
    assert sidecar_path(path).name == "orbit.csv.meta.json"
