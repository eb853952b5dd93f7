"""The description of the HTTP interface as an OpenAPI 3.1 document.

It is assembled from what the code itself uses: the table of operations, the query parameters as
they are read, and the schemas of the types that are sent and taken.
"""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from frontend.propagations.requests import ID, ORDER_ID
from frontend.web.api.operations import JSON, OPERATIONS
from frontend.web.api.schemas import ROOT, schemas
from frontend.web.error_handler import MEDIA_TYPE as PROBLEM
from sim.models.table import MODELS
from sim.version import VERSION

if TYPE_CHECKING:
    from frontend.web.api.operations import Operation
    from frontend.web.http.query_params import Parameter

__all__ = ["document"]

_INTRODUCTION: Final = (
    "Request N steps of an orbital simulation and get the records; or of many members, and get how "
    "they spread. A *step*, which `steps` counts, advances the model once. A *time step* is "
    "one agent's own: in `nano`, where every agent has a clock, a step gives each agent one time "
    "step or lets it wait; in `nbody` all agents take one time step together in each step. Steps, "
    "scenario, seed, member and dispersion determine a propagation: the same request gives the "
    "same bits, and an id names it for ever. A seed has 2^53 members, each with random numbers of "
    "its own; an ensemble is many of them. Errors are problem documents (RFC 9457) with a sentence "
    "in `detail`. Any request may be refused before it is read to its end: 400 if it is malformed, "
    "408 if it takes more than 30 s to arrive, 413, 414 or 431 if its body, address or header "
    "fields are too large, 503 if too much is being sent at the moment."
)
_METHODS: Final = "\n\n".join(
    " ".join(f"{sentence}." for sentence in (f"`{model.name}`: {method.sentence}", method.source))
    + (f" {method.caution}" if method.caution else "")
    for model in MODELS.values()
    for method in model.methods
)
_ID: Final = {
    "name": "id",
    "in": "path",
    "required": True,
    "description": "The step count, for the default scenario; otherwise `<steps>-<digest>`, as in "
    "the resource's `id`. `q-<digest>` is an order, whose steps its computation finds.",
    "schema": {"type": "string", "pattern": f"^(?:{ID.pattern}|{ORDER_ID.pattern})$"},
}
_TEXT: Final = {"type": "string"}
_BYTES: Final = {"type": "string", "format": "binary"}  # as generators of clients know it
_FIRST_ERROR: Final = 400
_WITH_DOCUMENT: Final = frozenset({200, 202, 206})  # a success without one has no body


@cache
def document(has_tokens: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002 - an argument of a cache
    """Return the description; with tokens it says which operations need one."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        described = paths.setdefault(operation.path, {})[operation.method] = _operation(operation)
        if has_tokens and operation.needs_principal:
            described["security"] = [{"token": []}]
    schemes = {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Porta",
            "version": VERSION,
            "description": f"{_INTRODUCTION}\n\n{_METHODS}",
        },
        "paths": paths,
        "components": {"schemas": schemas()} | (schemes if has_tokens else {}),
    }


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": operation.description,
        "responses": {
            str(status): _answer(operation, status, meaning)
            for status, meaning in sorted(operation.answers.items())
        },
    }
    parameters = [_parameter(parameter) for parameter in operation.query]
    if "{id}" in operation.path:
        parameters.insert(0, _ID)
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None:
        schema = {"$ref": f"{ROOT}/{operation.body}"}
        described["requestBody"] = {"required": True, "content": {JSON: {"schema": schema}}}
    return described


def _answer(operation: Operation, status: int, meaning: str) -> dict[str, Any]:
    if status >= _FIRST_ERROR:
        schema = {"$ref": f"{ROOT}/Problem"}
        return {"description": meaning, "content": {PROBLEM: {"schema": schema}}}
    if status not in _WITH_DOCUMENT:
        return {"description": meaning}
    return {
        "description": meaning,
        "content": {media: _body(operation, status, media) for media in operation.media_types},
    }


def _body(operation: Operation, status: int, media_type: str) -> dict[str, Any]:
    """Return the schema and the example of a JSON document, and what another file is."""
    if media_type != JSON or status == HTTPStatus.PARTIAL_CONTENT:
        return {"schema": _TEXT if media_type.startswith("text/") else _BYTES}
    if operation.schema is None:
        return {}
    example = {} if operation.example is None else {"example": dict(operation.example)}
    schema: dict[str, Any] = {"$ref": f"{ROOT}/{operation.schema}"}
    if operation.alternative is not None and status == HTTPStatus.OK:
        schema = {"anyOf": [schema, {"$ref": f"{ROOT}/{operation.alternative}"}]}
    return {"schema": schema} | example


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": "query",
        "description": parameter.description,
        "schema": parameter.schema(),
    }
