from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sim.ensemble.table import table_schema
from sim.export.meanings import meanings
from sim.models.table import MODELS
from sim.models.units import Units
from sim.records import schema_of, states_schema_of

if TYPE_CHECKING:
    import pyarrow as pa

    from sim.export.meanings import Kind
    from sim.models.model import Model


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_every_column_of_every_table_has_a_meaning(model: Model) -> None:
    tables: dict[Kind, pa.Schema] = {
        "records": schema_of(model),
        "states": states_schema_of(model),
        "members": table_schema(model.example()),
    }
    for kind, schema in tables.items():
        found = meanings(kind, schema.names, Units("km", "s"))
        assert list(found) == schema.names
        assert all(column["meaning"] for column in found.values())


def test_a_unit_is_the_scenarios_and_angles_are_in_degrees() -> None:
    found = meanings("members", ["a", "vx", "t", "node", "steps"], Units("au", "d"))
    assert [column["unit"] for column in found.values()] == ["au", "au/d", "d", "deg", ""]


def test_a_column_without_a_meaning_is_an_error() -> None:
    with pytest.raises(KeyError):
        meanings("records", ["colour"], Units())
