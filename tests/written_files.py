"""Files as Porta writes them, for tests of what writes and of what verifies them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import orjson

from sim.ensemble.computed import compute
from sim.ensemble.table import table_schema
from sim.ensemble.whole_table import whole_table
from sim.export import FORMATS, export, export_states
from sim.export.metadata import (
    MEMBERS,
    RECORDS,
    Chosen,
    Metadata,
    chosen_times,
    described,
    sidecar_of,
    sidecar_path,
)
from sim.export.tables import TABLES
from sim.records import schema_of, states_schema_of
from sim.scenario import NANO, PropagationRequest, Trajectory
from sim.strictjson import canonical_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow as pa

    from sim.engine import Propagation

__all__ = [
    "flip",
    "members_file",
    "members_that_collide",
    "records_bytes",
    "records_file",
    "states_bytes",
    "states_file",
    "with_sidecar",
]


def _schema(schema: pa.Schema, propagation: Propagation, chosen: Chosen) -> pa.Schema:
    request = PropagationRequest(propagation.steps, propagation.trajectory)
    checksum = propagation.checkpoints_checksum
    return described(schema, Metadata(request=request, chosen=chosen, checksum=checksum))


def records_bytes(propagation: Propagation, form: str, chosen: Chosen = RECORDS) -> bytes:
    """Return the file of records, all or every so-manyth."""
    schema = _schema(schema_of(propagation.trajectory.scenario.model), propagation, chosen)
    return b"".join(export(propagation.every(chosen.every or 1), FORMATS[form], schema))


def states_bytes(propagation: Propagation, form: str, times: Sequence[float]) -> bytes:
    """Return the file of the states at times."""
    chosen = chosen_times(np.array(times, np.float64))
    schema = _schema(states_schema_of(propagation.trajectory.scenario.model), propagation, chosen)
    return b"".join(export_states(propagation.states(times), FORMATS[form], schema))


def records_file(path: Path, propagation: Propagation, chosen: Chosen = RECORDS) -> Path:
    """Write a file of records, and beside a text what it is of."""
    form = path.suffix.removeprefix(".")
    path.write_bytes(records_bytes(propagation, form, chosen))
    return with_sidecar(
        path, _schema(schema_of(propagation.trajectory.scenario.model), propagation, chosen)
    )


def states_file(path: Path, propagation: Propagation, times: Sequence[float]) -> Path:
    """Write a file of states, and beside a text what it is of."""
    path.write_bytes(states_bytes(propagation, path.suffix.removeprefix("."), times))
    chosen = chosen_times(np.array(times, np.float64))
    model = propagation.trajectory.scenario.model
    return with_sidecar(path, _schema(states_schema_of(model), propagation, chosen))


def members_file(path: Path, request: PropagationRequest, chosen: Chosen = MEMBERS) -> Path:
    """Write the table of an ensemble's members, and beside a text what it is of."""
    ensemble = compute(request, threads=1)
    text = canonical_json(ensemble.document()).encode()
    metadata = Metadata(request=request, chosen=chosen, checksum=hashlib.sha256(text).hexdigest())
    plain = table_schema(request.trajectory.scenario)
    rows = whole_table(plain, ensemble.rows(), where=chosen.where, sort=chosen.sort or "")
    form = path.suffix.removeprefix(".")
    path.write_bytes(b"".join(TABLES[form](rows, described(plain, metadata))))
    return with_sidecar(path, described(plain, metadata))


def members_that_collide(path: Path) -> Path:
    """Write the table of an ensemble that is expected to take long, and ends at its first step."""
    twins = [replace(NANO.agents[0], name=name) for name in ("Planet", "Twin")]
    scenario = replace(NANO, agents=tuple(twins))
    return members_file(path, PropagationRequest(1_000_000, Trajectory(scenario), 2_000))


def with_sidecar(path: Path, schema: pa.Schema) -> Path:
    """Write beside a text file what it is of; return the file."""
    if path.suffix not in {".parquet", ".arrow"}:
        metadata = Metadata.from_json(orjson.loads(schema.metadata[b"porta"]))
        with path.open("rb") as file:
            sidecar_path(path).write_bytes(sidecar_of(file, metadata, schema.names))
    return path


def flip(path: Path, at: int, bit: int = 0) -> None:
    """Flip one bit of a file."""
    data = bytearray(path.read_bytes())
    data[at] ^= 1 << bit
    path.write_bytes(data)
