"""The page of scenarios: the fields of each model, by its schema, and the methods that it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from manual.reference.http import type_of
from manual.reference.markdown import code, require, table
from sim.models.table import MODELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.models.model import Method, Model

__all__ = ["fields_of", "page"]

_INTRODUCTION: Final = """\
# Scenarios

The fields of a scenario, by model. A field that is not here is refused by name.
[Models](../models.md) says what the fields do, what is taken where one is left out, and what each
method is worth.
"""


def page() -> str:
    """Return the page; raises Undocumented."""
    return "\n\n".join([_INTRODUCTION, *map(_model, MODELS.values()), ""])


def fields_of(model: Model) -> dict[str, dict[str, Any]]:
    """Return the schemas of all fields by their places, such as `agents[].orbit.a`.

    Raises Undocumented for those without a description.
    """
    fields = dict(_fields(model.schema, ""))
    require({f"{model.name}: {name}": field.get("description") for name, field in fields.items()})
    return fields


def _fields(schema: dict[str, Any], before: str) -> Iterator[tuple[str, dict[str, Any]]]:
    required = set(schema.get("required", ()))
    for name, field in schema["properties"].items():
        place = f"{before}{name}"
        yield place, field | {"required_here": name in required}
        inner = field.get("items", field)
        if "properties" in inner:
            yield from _fields(inner, f"{place}[]." if "items" in field else f"{place}.")


def _model(model: Model) -> str:
    rows = (
        (
            code(name),
            "object" if "properties" in field.get("items", field) else type_of(field),
            "yes" if field["required_here"] else "",
            field["description"],
        )
        for name, field in fields_of(model).items()
    )
    return "\n\n".join(
        [
            f"## {model.name}",
            f"Version {model.version} of the model, in {model.dimensions} dimensions.",
            table(("field", "type", "required", "meaning"), rows),
            *map(_method, model.methods),
        ]
    )


def _method(method: Method) -> str:
    conserved = f", conserves {' and '.join(method.conserves)}" if method.conserves else ""
    caution = f" {method.caution}" if method.caution else ""
    return f"- {method.sentence}: order {method.order}{conserved}. {method.source}.{caution}"
