"""The description of the HTTP interface: OpenAPI 3.1 at `/api/v1/openapi.json`, and `/docs`.

It is put together from what the code itself uses: the query parameters as they are read, the
body as pydantic reads it, the resource as it is sent. A test holds the table of operations
against the application's routes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response, render_template
from pydantic import TypeAdapter

from frontend.domain.resource import API_ROOT, Links, Resource
from frontend.web.api.routes import OVERVIEW, RECORDS
from frontend.web.context import services
from frontend.web.error_handler import MEDIA_TYPE as PROBLEM
from frontend.web.http.query_params import REQUEST
from frontend.web.http.request_body import PropagationBody
from frontend.web.http.responses import json_reply
from sim.export import FORMATS

if TYPE_CHECKING:
    from frontend.web.http.query_params import Parameter

__all__ = ["OPERATIONS", "Operation", "blueprint", "document"]

JSON: Final = "application/json"
SCHEMAS: Final = "#/components/schemas"
ONE: Final = f"{API_ROOT}/{{id}}"

blueprint = Blueprint("openapi", __name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What one method of one path does; `answers` says what each status means."""

    method: str
    path: str
    name: str
    summary: str
    says: str
    answers: dict[int, str]
    media_types: tuple[str, ...] = (JSON,)
    schema: str | None = None
    query: tuple[Parameter, ...] = ()
    takes_body: bool = False
    needs_principal: bool = False


_BAD: Final = {400: "The id or a parameter makes no sense; the sentence says what would."}
_AWAY: Final = {
    503: "The storage is away or full, or too much is done already; `Retry-After` says when to ask."
}
_REFUSED: Final = {
    401: "A token is needed here, or the one that was sent is not known (`PORTA_AUTH=token`).",
    403: "The asker may not start or change anything.",
}
_NOT_THERE: Final = {
    404: "There is no result; with `Retry-After` while it is being computed.",
}
_UNCHANGED: Final = {304: "The client has it already (`If-None-Match`)."}

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        method="post",
        path=API_ROOT,
        name="startPropagation",
        summary="Ask for a propagation",
        says="Gives the result if it is there or little work; else joins the run under way, or "
        "starts one. Asking twice is the same as asking once.",
        answers={
            200: "It is complete, or it failed and would again; `Location` is its resource.",
            202: "It is under way; `Location` is its resource, `Retry-After` when to look.",
            400: "The body makes no sense; the sentence says what would.",
            **_REFUSED,
            413: "The body is too large.",
            415: "The body is not JSON.",
            429: "Too many runs wait already, or the asker's quota is used up; `Retry-After` says "
            "when to ask again.",
            **_AWAY,
        },
        schema="Resource",
        takes_body=True,
        needs_principal=True,
    ),
    Operation(
        method="get",
        path=ONE,
        name="getPropagation",
        summary="Look at a propagation",
        says="Never starts anything.",
        answers={200: "Its resource.", **_BAD, 404: "Nobody has asked for it.", **_AWAY},
        schema="Resource",
        query=REQUEST,
    ),
    Operation(
        method="delete",
        path=ONE,
        name="removePropagation",
        summary="Cancel or delete a propagation",
        says="Cancels a run under way (it goes on if others wait for more of the same trajectory), "
        "deletes a finished result.",
        answers={
            204: "It is gone.",
            **_BAD,
            **_REFUSED,
            404: "There is nothing to cancel or delete.",
            **_AWAY,
        },
        query=REQUEST,
        needs_principal=True,
    ),
    Operation(
        method="get",
        path=f"{ONE}/records",
        name="getRecords",
        summary="Get its records",
        says="Streams the records `agent, t0, t1, timeStep, x, y, vx, vy` in the order of "
        "computation, one state over `[t0, t1)` each; the initial state has t0 = -inf. As JSON "
        "it is an array of `[t0, t1, {agent: state}]`. Starts no run: little work is computed.",
        answers={200: "The file.", **_UNCHANGED, **_BAD, **_NOT_THERE, **_AWAY},
        media_types=tuple(one.media_type for name, one in FORMATS.items() if name != "js"),
        query=RECORDS,
    ),
    Operation(
        method="get",
        path=f"{ONE}/overview",
        name="getOverview",
        summary="Get what is drawn of it",
        says="The path of each agent, and the range of each quantity over time (`x`, `y`; for "
        "an agent with a primary distance `r`, specific energy `e`, specific angular momentum "
        "`h`), as finely as the pixels ask for. Where `exact` is true, minimum and maximum agree.",
        answers={200: "Paths and series.", **_UNCHANGED, **_BAD, **_NOT_THERE, **_AWAY},
        schema="Overview",
        query=OVERVIEW,
    ),
    Operation(
        method="get",
        path=f"{ONE}/events",
        name="followPropagation",
        summary="Follow a propagation",
        says="Server-sent events `status`, `progress` and at the end `done`, each with the "
        "resource as data. `Last-Event-ID` resumes; lines that begin with a colon keep the "
        "connection alive.",
        answers={200: "The events.", **_BAD, 404: "Nobody has asked for it.", **_AWAY},
        media_types=("text/event-stream",),
        query=REQUEST,
    ),
    Operation(
        method="get",
        path="/api/v1/openapi.json",
        name="getDescription",
        summary="Get this description",
        says="OpenAPI 3.1. `/docs` is the same for people.",
        answers={200: "The description."},
    ),
)

_INTRODUCTION: Final = (
    "Ask for N steps of an orbital simulation and get the records. A propagation is determined "
    "by its steps, scenario and seed, so everybody who asks for the same gets the same bits, and "
    "an id names them for ever. Errors are problem documents (RFC 9457) with a sentence in "
    "`detail`."
)
_ID: Final = {
    "name": "id",
    "in": "path",
    "required": True,
    "description": "The step count, for the default scenario; else `<steps>-<digest>`, as in "
    "the resource's `id`.",
    "schema": {"type": "string", "pattern": "^[1-9][0-9]*(-[0-9a-f]{16})?$"},
}
_PROBLEM_SCHEMA: Final = {
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
_NUMBERS: Final = {"type": "array", "items": {"type": ["number", "null"]}}
_BAND: Final = {"type": "object", "properties": {"min": _NUMBERS, "max": _NUMBERS}}
_OVERVIEW_SCHEMA: Final = {
    "type": "object",
    "description": "What is drawn of a window; null in an array is a gap.",
    "properties": {
        "window": {
            "type": "object",
            "properties": {"t0": {"type": "number"}, "t1": {"type": "number"}},
        },
        "frame": {"enum": ["inertial", "primary"]},
        "level": {"type": "integer", "description": "A bin is 2**level iterations."},
        "exact": {"type": "boolean", "description": "Whether a bin holds at most one step."},
        "agents": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "primary": {"type": ["string", "null"]},
                    "path": {
                        "type": "object",
                        "properties": {
                            "mode": {"enum": ["lines", "markers"]},
                            "t": _NUMBERS,
                            "x": _NUMBERS,
                            "y": _NUMBERS,
                        },
                    },
                    "series": {
                        "type": "object",
                        "properties": {"t": _NUMBERS} | dict.fromkeys("xyreh", _BAND),
                    },
                },
            },
        },
    },
}


@blueprint.get("/api/v1/openapi.json")
def description() -> Response:
    """Give the description to programs."""
    return json_reply(document(_has_tokens()), cache="no-cache")


@blueprint.get("/docs")
def docs() -> str:
    """Show the description to people."""
    return render_template("docs.html", api=document(_has_tokens()), operations=OPERATIONS)


def _has_tokens() -> bool:
    return services().settings.auth == "token"


@cache
def document(has_tokens: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002 - an argument of a cache
    """Put the description together; with tokens it says where one is needed."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        described = paths.setdefault(operation.path, {})[operation.method] = _operation(operation)
        if has_tokens and operation.needs_principal:
            described["security"] = [{"token": []}]
    schemes = {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Porta", "version": version("porta"), "description": _INTRODUCTION},
        "paths": paths,
        "components": {"schemas": _schemas()} | (schemes if has_tokens else {}),
    }


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": operation.says,
        "responses": {
            str(status): _answer(operation, status, says)
            for status, says in sorted(operation.answers.items())
        },
    }
    parameters = [_parameter(one) for one in operation.query]
    if "{id}" in operation.path:
        parameters.insert(0, _ID)
    if parameters:
        described["parameters"] = parameters
    if operation.takes_body:
        schema = {"$ref": f"{SCHEMAS}/PropagationBody"}
        described["requestBody"] = {"required": True, "content": {JSON: {"schema": schema}}}
    return described


def _answer(operation: Operation, status: int, says: str) -> dict[str, Any]:
    first_error = 400
    if status >= first_error:
        schema = {"$ref": f"{SCHEMAS}/Problem"}
        return {"description": says, "content": {PROBLEM: {"schema": schema}}}
    if status not in {200, 202}:
        return {"description": says}
    body = {"schema": {"$ref": f"{SCHEMAS}/{operation.schema}"}} if operation.schema else {}
    return {"description": says, "content": dict.fromkeys(operation.media_types, body)}


def _parameter(one: Parameter) -> dict[str, Any]:
    return {"name": one.name, "in": "query", "description": one.says, "schema": one.schema()}


def _schemas() -> dict[str, Any]:
    """Collect the schemas of what is sent and what is taken."""
    template = f"{SCHEMAS}/{{model}}"
    sent: dict[str, Any] = TypeAdapter(Resource).json_schema(
        ref_template=template, mode="serialization"
    )
    taken = PropagationBody.model_json_schema(ref_template=template)
    parts = sent.pop("$defs", {}) | taken.pop("$defs", {})
    own: dict[str, Any] = {"Resource": _with_links(sent), "PropagationBody": taken}
    fixed = {"Overview": _OVERVIEW_SCHEMA, "Problem": _PROBLEM_SCHEMA, **_links()}
    return {**own, **fixed, **parts}


def _with_links(resource: dict[str, Any]) -> dict[str, Any]:
    """Add the one member that is made when the resource is sent."""
    links = {"$ref": f"{SCHEMAS}/Links", "description": "Where to go from here."}
    properties: dict[str, Any] = resource["properties"] | {"links": links}
    return resource | {"properties": properties, "required": list(properties)}


def _links() -> dict[str, Any]:
    return {"Links": TypeAdapter(Links).json_schema()}
