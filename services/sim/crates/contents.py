"""The files of a crate, by name: the same in every crate, so that a reader finds them."""

from __future__ import annotations

import hashlib
from typing import Any, Final

from sim.strictjson import canonical_json

__all__ = [
    "CHECKPOINTS",
    "DESCRIPTION",
    "ENSEMBLE",
    "ENVIRONMENT",
    "FILES",
    "MANIFEST",
    "MEMBERS",
    "RECORDS",
    "REQUEST",
    "seal_of",
]

DESCRIPTION: Final = "ro-crate-metadata.json"
"""What the crate is, as RO-Crate has it."""
REQUEST: Final = "request.json"
"""What `POST /api/v1/propagations` takes."""
MANIFEST: Final = "manifest.json"
"""What is told of the result."""
ENVIRONMENT: Final = "environment.json"
"""The versions that it was computed with."""
CHECKPOINTS: Final = "checkpoints.parquet"
"""Of a run: the states from which any part of it is computed again."""
RECORDS: Final = "records.parquet"
"""Of a run: its records."""
ENSEMBLE: Final = "ensemble.json"
"""Of an ensemble: its summary."""
MEMBERS: Final = "members.parquet"
"""Of an ensemble: the table of its members."""
FILES: Final = frozenset(
    {DESCRIPTION, REQUEST, MANIFEST, ENVIRONMENT, CHECKPOINTS, RECORDS, ENSEMBLE, MEMBERS}
)


def seal_of(description: Any) -> str:  # noqa: ANN401 - JSON, as RO-Crate has it
    """Return what a description has as the `identifier` of its root: a digest of all else in it.

    Raises TypeError, KeyError and AttributeError for what is no description.
    """
    graph = [
        {name: value for name, value in entity.items() if name != "identifier"}
        for entity in description["@graph"]
    ]
    text = canonical_json({**description, "@graph": graph})
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
