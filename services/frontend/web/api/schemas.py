"""The schemas of the documents that the API sends and takes, derived from the types that make them.

The resource and the links come from `domain.resource`, the body from `http.request_body`, and the
overview from `sim.engine`. Only the problem document (RFC 9457) and the list of presets are written
here.
"""

from __future__ import annotations

from typing import Any, Final

from pydantic import TypeAdapter

from frontend.domain.resource import Links, Resource
from frontend.web.api.presets import PresetDocument
from frontend.web.http.request_body import PropagationBody, TimesBody
from sim.engine.figure_data import OverviewDocument

__all__ = ["ROOT", "schemas"]

ROOT: Final = "#/components/schemas"
_TEMPLATE: Final = f"{ROOT}/{{model}}"

_PROBLEM: Final = {
    "type": "object",
    "description": "A problem document (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence for a person."},
    },
}

_PRESETS: Final = {
    "type": "array",
    "description": "All presets, from what is simple to what is not.",
    "items": {"$ref": f"{ROOT}/Preset"},
}


def schemas() -> dict[str, Any]:
    """Return all schemas by name, as the components of the description."""
    documents = {
        "Resource": _with_links(_serialized(Resource)),
        "PropagationBody": PropagationBody.model_json_schema(ref_template=_TEMPLATE),
        "TimesBody": TimesBody.model_json_schema(ref_template=_TEMPLATE),
        "Overview": _serialized(OverviewDocument),
        "Links": _required_but(_serialized(Links), "propagation"),
        "Preset": _serialized(PresetDocument),
    }
    parts: dict[str, Any] = {}
    for schema in documents.values():
        parts |= schema.pop("$defs", {})
    return {**documents, "Presets": _PRESETS, "Problem": _PROBLEM, **parts}


def _serialized(of: Any) -> dict[str, Any]:  # noqa: ANN401 - any type that pydantic knows
    schema: dict[str, Any] = TypeAdapter(of).json_schema(
        ref_template=_TEMPLATE, mode="serialization"
    )
    return schema


def _with_links(resource: dict[str, Any]) -> dict[str, Any]:
    """Add `links`, the one member that is made when the resource is sent."""
    links = {"$ref": f"{ROOT}/Links", "description": "Where to go from here."}
    properties: dict[str, Any] = resource["properties"] | {"links": links}
    return _required_but(resource | {"properties": properties}, "stopped", "order")


def _required_but(document: dict[str, Any], *optional: str) -> dict[str, Any]:
    """Require all members but those that only orders have."""
    return document | {
        "required": [name for name in document["properties"] if name not in optional]
    }
