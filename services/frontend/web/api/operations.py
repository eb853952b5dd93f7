"""The table of the API's operations: what each does, what it takes, and what each status means.

The description at `/api/v1/openapi.json` and the page at `/docs` are made from it; a test holds it
to the application's routes.
"""

from __future__ import annotations

from typing import Final

from frontend.domain.resource import API_ROOT
from frontend.web.api.ensemble_operations import ENSEMBLE_OPERATIONS
from frontend.web.api.event_routes import EVENTS_PATH
from frontend.web.api.file_routes import FILE_OPERATIONS
from frontend.web.api.listing_routes import LISTING
from frontend.web.api.operation import (
    BAD,
    BEYOND,
    JSON,
    NO_FORMAT,
    NO_RESULT,
    PARTIAL,
    REFUSED,
    UNAVAILABLE,
    UNCHANGED,
    UNKNOWN,
    UNMATCHED,
    Operation,
)
from frontend.web.api.parameters import EVENTS, OVERVIEW, PATH, RECORDS, SERIES, STATES
from frontend.web.api.path_reply import MEDIA_TYPE
from frontend.web.api.presets import PRESETS_PATH
from frontend.web.api.proof_routes import MEDIA_TYPE as CHECKPOINTS
from frontend.web.http.query_params import REQUEST
from frontend.web.http.record_stream import API_FORMATS
from sim.models.table import MODELS

__all__ = ["JSON", "OPERATIONS", "Operation"]

_ONE: Final = f"{API_ROOT}/{{id}}"


_COLUMNS: Final = " and ".join(
    f"`{', '.join(('agent', *model.columns))}` of `{model.name}`" for model in MODELS.values()
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        method="post",
        path=API_ROOT,
        name="startPropagation",
        summary="Request a propagation",
        description="Returns the result if it is stored, or small enough to compute at once; "
        "otherwise joins the run under way, or starts one. Repeating a request changes nothing. "
        "With `members` above 1 it is an ensemble, whose `links` lead to its summary, density and "
        "members. An order (`until`, or `stop`) has an id of its own, `q-...`, while its steps are "
        "not known; its `links.propagation` then leads to the propagation that it came to. "
        "`stopped` is false where `stop` was not met within `steps`. With `dry_run` it starts "
        "nothing and says what the request would cost.",
        answers={
            200: "It is complete, or it failed and would fail again; `Location` is its resource. "
            "Or what it would cost (`dry_run`).",
            202: "It is under way; `Location` is its resource, `Retry-After` says when to look.",
            400: "The body is invalid; `detail` says what would be valid.",
            **REFUSED,
            413: "The body is too large.",
            415: "The body is not JSON.",
            429: "The queue is full, or the caller's quota is used up; `Retry-After` says when to "
            "try again.",
            **UNAVAILABLE,
        },
        schema="Resource",
        alternative="Cost",
        body="PropagationBody",
        needs_principal=True,
    ),
    Operation(
        method="get",
        path=API_ROOT,
        name="listPropagations",
        summary="List propagations",
        description="Returns what is under way, then the results (the latest 10,000), the newest "
        "first, page by page: follow `links.next` until it is null. A page looks at a bounded "
        "number of results, so with conditions that few meet it may have few entries, or none, and "
        "still a next page. Never starts a run.",
        answers={
            200: "A page.",
            **UNCHANGED,
            400: "A parameter is invalid; `detail` says what would be valid.",
            **UNAVAILABLE,
        },
        schema="Listing",
        query=LISTING,
    ),
    Operation(
        method="get",
        path=_ONE,
        name="getPropagation",
        summary="Get a propagation",
        description="Returns its status, progress and statistics. Never starts a run.",
        answers={200: "Its resource.", **BAD, **UNKNOWN, **UNAVAILABLE},
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
            **BAD,
            **REFUSED,
            404: "There is nothing to cancel or delete.",
            **UNAVAILABLE,
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
        "times, as the POST does. Without `format` it is what `Accept` prefers. HEAD and Range are "
        "answered as those of `records.parquet` are. Never starts a run; a small propagation is "
        "computed at once.",
        answers={
            200: "The file.",
            **PARTIAL,
            **UNCHANGED,
            **BAD,
            **NO_RESULT,
            **NO_FORMAT,
            **UNMATCHED,
            **BEYOND,
            **UNAVAILABLE,
        },
        media_types=tuple(form.media_type for form in API_FORMATS.values()),
        schema="Records",
        alternative="States",
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
            **NO_RESULT,
            **NO_FORMAT,
            413: "The body is too large.",
            415: "The body is not JSON.",
            **UNAVAILABLE,
        },
        media_types=tuple(form.media_type for form in API_FORMATS.values()),
        schema="States",
        query=STATES,
        body="TimesBody",
    ),
    Operation(
        method="get",
        path=f"{_ONE}/metadata",
        name="getMetadata",
        summary="Get what its files say of themselves",
        description="Returns the JSON that Parquet and Arrow files of all records, or of the table "
        "of members, hold in their metadata under the key `porta`: the version of Porta and of the "
        "model, the request, the selection, the checksum, and each column's meaning and unit. "
        "Beside a CSV or JSON file it says of what that is; `porta verify` recomputes it.",
        answers={200: "The metadata.", **UNCHANGED, **BAD, **NO_RESULT, **UNAVAILABLE},
        schema="Metadata",
        query=REQUEST,
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
        answers={200: "Paths and series.", **UNCHANGED, **BAD, **NO_RESULT, **UNAVAILABLE},
        schema="Overview",
        query=OVERVIEW,
    ),
    Operation(
        method="get",
        path=f"{_ONE}/path",
        name="getPath",
        summary="Get the states of its agents, sampled",
        description="Returns the states of agents after every `2**level` steps of a window, in the "
        "inertial frame, and one beyond each of its edges: the length of a JSON head "
        "(a 32-bit unsigned integer), the head, and from the next multiple of 8 bytes on three "
        "arrays, all little endian. The times are `float64[clocks, samples]`, one row for all "
        "unless the head's `own_clocks` is true, the positions `float64[tracks, dimensions, "
        "samples]`, the velocities `float32` of the same shape. The head has `window`, `span` (of "
        "the whole run), `steps`, `level`, `samples`, `tracks`, `dimensions`, `own_clocks`, "
        "`bound_until` (when the last agent escaped; null while any is bound) and `bodies`: of "
        "each agent `name`, `mu`, `primary`, `about` (the track that it orbits, also of an agent "
        "that was not asked for or of the barycentre of all others), `gravity` (the gravitational "
        "parameter of that orbit) and `escape` (about when). Never starts a run.",
        answers={200: "The bytes.", **UNCHANGED, **BAD, **NO_RESULT, **UNAVAILABLE},
        media_types=(MEDIA_TYPE,),
        query=PATH,
    ),
    Operation(
        method="get",
        path=f"{_ONE}/series",
        name="getSeries",
        summary="Get its quantities over time",
        description="Returns the range of each quantity of chosen agents in each bin of a window, "
        "at the resolution of the pixels, and one bin more on either side: position where steps "
        "end; for an agent with a primary distance `r`, specific energy `e`, specific angular "
        "momentum `h`, semi-major axis `a` and eccentricity `ecc` where steps start. Where `exact` "
        "is true a bin holds at most one step, and minimum and maximum agree. `last` is the agent "
        "after the last step of all.",
        answers={200: "The series.", **UNCHANGED, **BAD, **NO_RESULT, **UNAVAILABLE},
        schema="Series",
        query=SERIES,
    ),
    Operation(
        method="get",
        path=f"{_ONE}/manifest",
        name="getManifest",
        summary="Get its manifest",
        description="Returns what the result is held to: the request, the version of the model, "
        "the result with its checksums, who computed it, and a checksum of all that. Never starts a"
        " run; of a small propagation it is made at once.",
        answers={200: "The manifest.", **BAD, **NO_RESULT, **UNAVAILABLE},
        schema="Manifest",
        query=REQUEST,
    ),
    Operation(
        method="get",
        path=f"{_ONE}/checkpoints",
        name="getCheckpoints",
        summary="Get what its records are remade from",
        description="Streams the stored stretches, in order: checkpoints, and reduced data between "
        "them, as `sim.engine.Stretch.from_bytes` reads them. Before each is its length, an "
        "unsigned 64-bit integer, little endian; a length of 0 ends them. The steps that they do "
        "not reach are few, and integrated by the reader; `checkpoints_checksum` of the manifest "
        "tells whether all is right. Never starts a run.",
        answers={200: "The stretches.", **BAD, **NO_RESULT, **UNAVAILABLE},
        media_types=(CHECKPOINTS,),
        query=REQUEST,
    ),
    Operation(
        method="get",
        path=f"{_ONE}/events",
        name="followPropagation",
        summary="Follow a propagation",
        description="Streams server-sent events: `status`, `progress` and finally `done`, each "
        "with the resource as data. `Last-Event-ID` resumes the stream. Lines that begin with a "
        "colon keep the connection alive.",
        answers={200: "The events.", **BAD, **UNKNOWN, **UNAVAILABLE},
        media_types=("text/event-stream",),
        query=REQUEST,
    ),
    Operation(
        method="get",
        path=EVENTS_PATH,
        name="followPropagations",
        summary="Follow several propagations",
        description="Streams the events of up to 32 propagations, as `followPropagation` does of "
        "one. The data of each is an object with the requested `id` and the `resource`. A "
        "`gone` says that an id has not been requested, or was removed; its resource is null. "
        " The stream ends when nothing is left to follow. A browser with many pages needs "
        "one connection for them.",
        answers={200: "The events.", **BAD, **UNAVAILABLE},
        media_types=("text/event-stream",),
        query=EVENTS,
    ),
    *FILE_OPERATIONS,
    *ENSEMBLE_OPERATIONS,
    Operation(
        method="get",
        path=PRESETS_PATH,
        name="getPresets",
        summary="Get the presets",
        description="Returns scenarios that people know, each with its source, what to look for "
        "and how many steps show it. A request takes the `scenario` as it is.",
        answers={
            200: "All presets.",
            **UNCHANGED,
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
