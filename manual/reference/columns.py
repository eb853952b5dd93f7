"""The page of columns: what each column of records, states and members means, by model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from manual.reference.markdown import code, require, table
from sim.ensemble.table import table_schema
from sim.export.meanings import Kind, meanings
from sim.models.table import MODELS
from sim.models.units import Units
from sim.records import schema_of, states_schema_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.models.model import Model

__all__ = ["columns_of", "page"]

_UNITS: Final = Units("km", "s")
_INTRODUCTION: Final = """\
# Columns

Of every file that Porta writes, and of the tables of `porta`. Units are those of the scenario, here
of one in kilometres and seconds; `nano` has none. Parquet and Arrow files have the same
in their metadata.
"""
_TITLES: Final[dict[Kind, str]] = {
    "records": "Records",
    "states": "States at times",
    "members": "The table of members",
}


def page() -> str:
    """Return the page; raises Undocumented, and KeyError for a column without a meaning."""
    return "\n\n".join(
        [_INTRODUCTION, *(part for model in MODELS.values() for part in _of(model)), ""]
    )


def columns_of(model: Model) -> dict[Kind, list[str]]:
    """Return the columns of each kind of table."""
    return {
        "records": schema_of(model).names,
        "states": states_schema_of(model).names,
        "members": table_schema(model.example()).names,
    }


def _of(model: Model) -> Iterator[str]:
    for kind, names in columns_of(model).items():
        told = meanings(kind, names, _UNITS)
        require({f"{kind}: {name}": one["meaning"] for name, one in told.items()})
        rows = ((code(name), one["meaning"], one["unit"]) for name, one in told.items())
        yield f"## {_TITLES[kind]} of {model.name}"
        yield table(("column", "meaning", "unit"), rows)
