"""The table of the API's operations: what each does, what it takes, and what each status means.

The description at `/api/v1/openapi.json` and the page at `/docs` are made from it; a test holds it
to the application's routes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from frontend.domain.resource import API_ROOT
from frontend.web.api.parameters import OVERVIEW, RECORDS, STATES
from frontend.web.api.presets import PRESETS_PATH
from frontend.web.http.query_params import REQUEST
from frontend.web.http.record_stream import API_FORMATS
from sim.models.table import MODELS

if TYPE_CHECKING:
    from frontend.web.http.query_params import Parameter

__all__ = ["JSON", "OPERATIONS", "Operation"]

JSON: Final = "application/json"
_ONE: Final = f"{API_ROOT}/{{id}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one path; `answers` gives the meaning of each status."""

    method: str
    path: str
    name: str
    summary: str
    description: str
    answers: dict[int, str]
    media_types: tuple[str, ...] = (JSON,)
    schema: str | None = None
    query: tuple[Parameter, ...] = ()
    body: str | None = None
    needs_principal: bool = False


_COLUMNS: Final = " and ".join(
    f"`{', '.join(('agent', *model.columns))}` of `{model.name}`" for model in MODELS.values()
)
_BAD: Final = {400: "The id or a parameter is invalid; `detail` says what would be valid."}
_UNAVAILABLE: Final = {
    503: "The storage is unavailable or full, or the server is busy; `Retry-After` says when to "
    "try again."
}
_REFUSED: Final = {
    401: "A token is required, or the one that was sent is unknown (`PORTA_AUTH=token`).",
    403: "The caller may not start or change anything.",
}
_NO_RESULT: Final = {404: "There is no result; with `Retry-After` while it is being computed."}
_UNKNOWN: Final = {404: "It was never requested."}
_UNCHANGED: Final = {304: "The client has it already (`If-None-Match`)."}

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        method="post",
        path=API_ROOT,
        name="startPropagation",
        summary="Request a propagation",
        description="Returns the result if it is stored, or small enough to compute at once; "
        "otherwise joins the run under way, or starts one. Repeating a request changes nothing. An "
        "order (`until`, or `stop`) has an id of its own, `q-...`, while its steps are not known; "
        "its `links.propagation` then leads to the propagation that it came to. `stopped` is false "
        "where `stop` was not met within `steps`.",
        answers={
            200: "It is complete, or it failed and would fail again; `Location` is its resource.",
            202: "It is under way; `Location` is its resource, `Retry-After` says when to look.",
            400: "The body is invalid; `detail` says what would be valid.",
            **_REFUSED,
            413: "The body is too large.",
            415: "The body is not JSON.",
            429: "The queue is full, or the caller's quota is used up; `Retry-After` says when to "
            "try again.",
            **_UNAVAILABLE,
        },
        schema="Resource",
        body="PropagationBody",
        needs_principal=True,
    ),
    Operation(
        method="get",
        path=_ONE,
        name="getPropagation",
        summary="Get a propagation",
        description="Returns its status, progress and statistics. Never starts a run.",
        answers={200: "Its resource.", **_BAD, **_UNKNOWN, **_UNAVAILABLE},
        schema="Resource",
        query=REQUEST,
    ),
    Operation(
        method="delete",
        path=_ONE,
        name="removePropagation",
        summary="Cancel or delete a propagation",
        description="Cancels a run under way, which continues if other requests need more of the "
        "same trajectory; deletes a finished result.",
        answers={
            204: "It is cancelled or deleted.",
            **_BAD,
            **_REFUSED,
            404: "There is nothing to cancel or delete.",
            **_UNAVAILABLE,
        },
        query=REQUEST,
        needs_principal=True,
    ),
    Operation(
        method="get",
        path=f"{_ONE}/records",
        name="getRecords",
        summary="Get its records",
        description=f"Streams the records, {_COLUMNS}, in the order of "
        "computation. Each is one state over `[t0, t1)`; the initial state has t0 = -inf. As JSON "
        "they are an array of `[t0, t1, {agent: state}]`. With `times` it gives the states at "
        "times, as the POST does. Never starts a run; a small propagation "
        "is computed at once.",
        answers={200: "The file.", **_UNCHANGED, **_BAD, **_NO_RESULT, **_UNAVAILABLE},
        media_types=tuple(form.media_type for form in API_FORMATS.values()),
        query=RECORDS,
    ),
    Operation(
        method="post",
        path=f"{_ONE}/records",
        name="getStates",
        summary="Get states at times, or the records that hold them",
        description="Streams for each time, in their order, a row for each agent: the time `t` and "
        "the record `[t0, t1)` that holds it; from the agent's last time on it is null. Where "
        "agents step together it is the record that ends at the time, else what a step of length "
        "timeStep from t0 to t1, the time, leads to; it is null beyond the last time. Ascending "
        "times are streamed; of others there may be 2,097,152 rows. As JSON it is an array of `[t, "
        "t0, t1, {agent: state}]`. It changes and starts nothing.",
        answers={
            200: "The file.",
            400: "The times or a parameter are invalid, or take too much to be remade; `detail` "
            "says what would be valid.",
            **_NO_RESULT,
            413: "The body is too large.",
            415: "The body is not JSON.",
            **_UNAVAILABLE,
        },
        media_types=tuple(form.media_type for form in API_FORMATS.values()),
        query=STATES,
        body="TimesBody",
    ),
    Operation(
        method="get",
        path=f"{_ONE}/overview",
        name="getOverview",
        summary="Get the data of its figures",
        description="Returns the path of each agent and the range of each quantity over time "
        "(`x`, `y`, in space `z`; for an agent with a primary also distance `r`, specific energy "
        "`e` and specific angular momentum `h`), at the resolution of the pixels. Where `exact` "
        "is true, minimum and maximum agree.",
        answers={200: "Paths and series.", **_UNCHANGED, **_BAD, **_NO_RESULT, **_UNAVAILABLE},
        schema="Overview",
        query=OVERVIEW,
    ),
    Operation(
        method="get",
        path=f"{_ONE}/events",
        name="followPropagation",
        summary="Follow a propagation",
        description="Streams server-sent events: `status`, `progress` and finally `done`, each "
        "with the resource as data. `Last-Event-ID` resumes the stream. Lines that begin with a "
        "colon keep the connection alive.",
        answers={200: "The events.", **_BAD, **_UNKNOWN, **_UNAVAILABLE},
        media_types=("text/event-stream",),
        query=REQUEST,
    ),
    Operation(
        method="get",
        path=PRESETS_PATH,
        name="getPresets",
        summary="Get the presets",
        description="Returns scenarios that people know, each with its source, what to look for "
        "and how many steps show it. A request takes the `scenario` as it is.",
        answers={
            200: "All presets.",
            **_UNCHANGED,
            400: "A parameter was given; there are none.",
        },
        schema="Presets",
    ),
    Operation(
        method="get",
        path="/api/v1/openapi.json",
        name="getDescription",
        summary="Get this description",
        description="OpenAPI 3.1. `/docs` shows the same to a person.",
        answers={200: "The description."},
    ),
)
