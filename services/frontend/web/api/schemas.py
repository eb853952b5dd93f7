"""The schemas of the documents that the API sends and takes, derived from the types that make them.

The resource and the links come from `domain.resource`, the body from `http.request_body`, and the
overview and the series from `sim.engine`. Only the problem document (RFC 9457), the metadata of
files and the list of presets are written here.
"""

from __future__ import annotations

from typing import Any, Final

from pydantic import TypeAdapter

from frontend.domain.resource import Links, Resource
from frontend.propagations.cost import Cost
from frontend.web.api.ensemble_documents import (
    DensityDocument,
    EnsembleDocument,
    EnsembleResult,
    MembersDocument,
)
from frontend.web.api.listing_document import ListingDocument
from frontend.web.api.presets import PresetDocument
from frontend.web.http.request_body import STOP, PropagationBody, TimesBody
from frontend.web.http.scenario_schema import SCENARIO
from sim.engine import SeriesDocument
from sim.engine.figure_data import OverviewDocument
from sim.engine.result_document import ResultDocument
from sim.models.table import MODELS

__all__ = ["OF_ENSEMBLES", "ROOT", "schemas"]

ROOT: Final = "#/components/schemas"
_TEMPLATE: Final = f"{ROOT}/{{model}}"

OF_ENSEMBLES: Final = ("ensemble", "density", "members")  # links

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

_METADATA: Final = {
    "type": "object",
    "description": "What a file says of itself.",
    "required": ["format", "porta", "model", "request", "id", "selection", "checksum", "columns"],
    "properties": {
        "format": {"type": "integer", "description": "The version of this form."},
        "porta": {"type": "string", "description": "The version of Porta that wrote the file."},
        "model": {
            "type": "object",
            "required": ["name", "version"],
            "properties": {"name": {"type": "string"}, "version": {"type": "string"}},
        },
        "request": {"$ref": f"{ROOT}/PropagationBody", "description": "What `POST` takes."},
        "id": {"type": "string"},
        "selection": {
            "type": "object",
            "description": "The `kind` of rows, and which of them, where it is not all.",
            "required": ["kind"],
            "properties": {"kind": {"enum": ["records", "states", "members"]}},
        },
        "checksum": {
            "type": ["string", "null"],
            "description": "SHA-256 of all checkpoints; of an ensemble that of its summary.",
        },
        "columns": {
            "type": "object",
            "description": "The meaning and the unit of each column, by name.",
            "additionalProperties": {
                "type": "object",
                "required": ["meaning", "unit"],
                "properties": {"meaning": {"type": "string"}, "unit": {"type": "string"}},
            },
        },
    },
}

_MANIFEST: Final[dict[str, Any]] = {
    "type": "object",
    "description": "What a result is held to; every number reads back to the same bits.",
    "required": ["model", "id", "request", "result", "computed", "checksum"],
    "properties": {
        "model": {"type": "string", "description": "The version of the model."},
        "id": {"type": "string"},
        "request": {"$ref": f"{ROOT}/PropagationBody"},
        "result": {  # `_with_statistics` adds those of the resource
            "type": "object",
            "description": "The statistics of the resource, with checksums: the same bits whoever "
            "computed it.",
            "properties": {
                "steps": {"type": "integer"},
                "intervals": {"type": "integer", "description": "Complete ones."},
                "checkpoints_checksum": {"type": "string", "description": "SHA-256."},
                "content": {
                    "type": "object",
                    "description": "Of an ensemble: SHA-256 of each part that was counted.",
                    "additionalProperties": {"type": "string"},
                },
            },
        },
        "computed": {
            "type": "object",
            "description": "By whom, when and for how long.",
            "required": ["by"],
            "properties": {"by": {"type": "string"}},
        },
        "checksum": {
            "type": "string",
            "pattern": "^[0-9a-f]{64}$",
            "description": "SHA-256 of the canonical JSON of all other fields.",
        },
    },
}

_PRESETS: Final = {
    "type": "array",
    "description": "All presets, from what is simple to what is not.",
    "items": {"$ref": f"{ROOT}/Preset"},
}


_AGENTS: Final = {"type": "object", "additionalProperties": {"$ref": f"{ROOT}/AgentState"}}
_AGENTS_OR_NULL: Final = {
    "type": "object",
    "additionalProperties": {"anyOf": [{"$ref": f"{ROOT}/AgentState"}, {"type": "null"}]},
}
_NUMBER_OR_NULL: Final = {"type": ["number", "null"]}


def _rows(description: str, *columns: dict[str, Any]) -> dict[str, Any]:
    size = len(columns)
    row = {"type": "array", "prefixItems": list(columns), "minItems": size, "maxItems": size}
    return {"type": "array", "description": description, "items": row}


_RECORDS: Final = _rows(
    "Records in the order of computation: `[t0, t1, {agent: state}]`. Null is -inf: the first one "
    "is the initial state.",
    *(_NUMBER_OR_NULL, {"type": "number"}, _AGENTS),
)
_STATES: Final = _rows(
    "States at times: `[t, t0, t1, {agent: state}]`; null where there is none.",
    *({"type": "number"}, _NUMBER_OR_NULL, _NUMBER_OR_NULL, _AGENTS_OR_NULL),
)


def schemas() -> dict[str, Any]:
    """Return all schemas by name, as the components of the description."""
    documents = {
        "Resource": _with_links(_serialized(Resource)),
        "Result": _serialized(ResultDocument),
        "EnsembleResult": _serialized(EnsembleResult),
        "Listing": _serialized(ListingDocument),
        "PropagationBody": PropagationBody.model_json_schema(ref_template=_TEMPLATE),
        "TimesBody": TimesBody.model_json_schema(ref_template=_TEMPLATE),
        "Overview": _serialized(OverviewDocument),
        "Series": _serialized(SeriesDocument),
        "Cost": _serialized(Cost),
        "Ensemble": _serialized(EnsembleDocument),
        "Density": _serialized(DensityDocument),
        "Members": _serialized(MembersDocument),
        "Links": _required_but(_serialized(Links), "propagation", *OF_ENSEMBLES),
        "Preset": _serialized(PresetDocument),
    }
    documents["Manifest"] = _with_statistics(documents["Result"], documents["EnsembleResult"])
    parts: dict[str, Any] = {}
    for schema in documents.values():
        parts |= schema.pop("$defs", {})
    _of_a_type(parts["OrderReport"], "stop", {"anyOf": [STOP, {"type": "null"}]})
    for name in ("Preset", "PropagationBody"):
        _of_a_type(documents[name], "scenario", {"$ref": f"{ROOT}/Scenario"})
    written = {
        "Metadata": _METADATA,
        "Presets": _PRESETS,
        "Problem": _PROBLEM,
        "Records": _RECORDS,
        "States": _STATES,
    }
    named = {**documents, **written, **_scenarios()}
    return {name: schema | {"title": name} for name, schema in named.items()} | parts


def _scenarios() -> dict[str, Any]:
    """Return the schema of a scenario, and those of each model's that it refers to."""
    of_models = {
        f"{model.name.title()}Scenario": {"description": f"A scenario of {model.name}."}
        | model.schema
        for model in MODELS.values()
    }
    any_of = [{"$ref": f"{ROOT}/{name}"} for name in of_models]
    return {**of_models, "Scenario": SCENARIO | {"anyOf": any_of}}


def _with_statistics(*results: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a manifest, whose result has the members of one of these too."""
    result = _MANIFEST["properties"]["result"]
    members = {name: one for each in results for name, one in each["properties"].items()}
    whole = result | {"properties": result["properties"] | members}
    return _MANIFEST | {"properties": _MANIFEST["properties"] | {"result": whole}}


def _of_a_type(document: dict[str, Any], name: str, schema: dict[str, Any]) -> None:
    """Give a member the schema of what it is; its own type in Python says less."""
    described = {"description": document["properties"][name]["description"]}
    document["properties"][name] = schema | described


def _serialized(of: Any) -> dict[str, Any]:  # noqa: ANN401 - any type that pydantic knows
    schema: dict[str, Any] = TypeAdapter(of).json_schema(
        ref_template=_TEMPLATE, mode="serialization"
    )
    return schema


def _with_links(resource: dict[str, Any]) -> dict[str, Any]:
    """Add `links`, which are made when the resource is sent, and the type of its statistics."""
    links = {"$ref": f"{ROOT}/Links", "description": "Where to go from here."}
    results = [{"$ref": f"{ROOT}/Result"}, {"$ref": f"{ROOT}/EnsembleResult"}, {"type": "null"}]
    statistics = {
        "anyOf": results,
        "description": resource["properties"]["statistics"]["description"],
    }
    properties: dict[str, Any] = resource["properties"] | {
        "links": links,
        "statistics": statistics,
    }
    return _required_but(resource | {"properties": properties}, "stopped", "order", "estimate")


def _required_but(document: dict[str, Any], *optional: str) -> dict[str, Any]:
    """Require all members but those that only orders have."""
    return document | {
        "required": [name for name in document["properties"] if name not in optional]
    }
