"""What goes into a crate: that of a run, and that of an ensemble."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import orjson

from sim.crates.checkpoints import written_checkpoints
from sim.crates.contents import CHECKPOINTS, ENSEMBLE, MEMBERS, RECORDS
from sim.crates.writing import CrateContents
from sim.ensemble.table import table_schema
from sim.export import FORMATS, export
from sim.export.metadata import MEMBERS as ALL_MEMBERS
from sim.export.metadata import Metadata, described
from sim.export.tables import TABLES
from sim.records import schema_of
from sim.strictjson import canonical_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import date

    import pyarrow as pa

    from sim.engine import Propagation
    from sim.scenario import PropagationRequest

    Counted = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]

__all__ = ["crate_of_ensemble", "crate_of_run"]


def crate_of_run(
    request: PropagationRequest, propagation: Propagation, day: date, counted: Counted = iter
) -> CrateContents:
    """Return the crate of a run: result, checkpoints, all records.

    `counted` passes the rows on, and may count them.
    """
    metadata = Metadata(request=request, checksum=propagation.checkpoints_checksum)
    schema = described(schema_of(request.trajectory.scenario.model), metadata)
    return CrateContents(
        request=request,
        result=_plain(propagation.summary()),
        files={
            CHECKPOINTS: written_checkpoints(propagation.checkpoints()),
            RECORDS: export(counted(propagation.slices()), FORMATS["parquet"], schema),
        },
        day=day,
    )


def crate_of_ensemble(
    request: PropagationRequest,
    document: Mapping[str, Any],
    rows: Iterable[pa.RecordBatch],
    day: date,
    counted: Counted = iter,
) -> CrateContents:
    """Return the crate of an ensemble: its summary, and the table of its members."""
    text = canonical_json(document).encode()
    checksum = hashlib.sha256(text).hexdigest()
    metadata = Metadata(request=request, chosen=ALL_MEMBERS, checksum=checksum)
    schema = described(table_schema(request.trajectory.scenario), metadata)
    return CrateContents(
        request=request,
        result={"members": request.members, "content": {"summary": checksum}},
        files={
            ENSEMBLE: [text, b"\n"],
            MEMBERS: TABLES["parquet"](counted(rows), schema),
        },
        day=day,
    )


def _plain(summary: Mapping[str, object]) -> Any:  # noqa: ANN401 - JSON
    """Return a summary as plain JSON, without NumPy's numbers."""
    return orjson.loads(orjson.dumps(summary, option=orjson.OPT_SERIALIZE_NUMPY))
