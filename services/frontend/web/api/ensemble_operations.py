"""The API's operations on ensembles, for the table in `operations`."""

from __future__ import annotations

from typing import Final

from frontend.domain.resource import API_ROOT
from frontend.web.api.density_reply import NPY, PNG
from frontend.web.api.ensemble_documents import EXAMPLES
from frontend.web.api.ensemble_parameters import DENSITY, ENSEMBLE, MEMBERS, TABLE_FORMATS
from frontend.web.api.operation import (
    BAD,
    BEYOND,
    JSON,
    NO_FORMAT,
    NO_RESULT,
    PARTIAL,
    UNAVAILABLE,
    UNCHANGED,
    UNMATCHED,
    Operation,
)

__all__ = ["ENSEMBLE_OPERATIONS"]

_ONE: Final = f"{API_ROOT}/{{id}}"

ENSEMBLE_OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        method="get",
        path=f"{_ONE}/ensemble",
        name="getEnsemble",
        summary="Get what an ensemble has come to",
        description="Returns for each analysed agent, at the times of a grid: the nominal "
        "run, quantiles of the members, and the share that is bound, with its interval; and at the "
        "end their outcomes, and members at quantiles. Never starts a run.",
        answers={200: "The summary.", **UNCHANGED, **BAD, **NO_RESULT, **UNAVAILABLE},
        schema="Ensemble",
        example=EXAMPLES["Ensemble"],
        query=ENSEMBLE,
    ),
    Operation(
        method="get",
        path=f"{_ONE}/density",
        name="getDensity",
        summary="Get where the members of an ensemble have been",
        description="Returns how often the members' positions about the primary were in each cell "
        "of a square in the x-y plane, as a picture or as numbers. The pixels of a picture are "
        "fixed, the bytes of its file are not. Never starts a run.",
        answers={200: "The density.", **UNCHANGED, **BAD, **NO_RESULT, **UNAVAILABLE},
        media_types=(PNG, JSON, NPY),
        schema="Density",
        query=DENSITY,
    ),
    Operation(
        method="get",
        path=f"{_ONE}/members",
        name="getMembers",
        summary="Get the members of an ensemble",
        description="Returns a row for each member and agent, at its end: as JSON page by page, "
        "as a file in another format whole, unless there is a `limit`. Without `format` it is what "
        "`Accept` prefers. A file answers HEAD and Range, as `members.parquet` does. `?member=` on "
        "the ensemble's address opens one of them as a run of its own. Never starts a run.",
        answers={
            200: "The rows.",
            **PARTIAL,
            **UNCHANGED,
            **BAD,
            **NO_FORMAT,
            **UNMATCHED,
            **BEYOND,
            404: "There is no result, or its members are not kept any more: POST it again. "
            "`Retry-After` says when to ask again.",
            **UNAVAILABLE,
        },
        media_types=(JSON, *(form.media_type for form in TABLE_FORMATS.values())),
        schema="Members",
        example=EXAMPLES["Members"],
        query=MEMBERS,
    ),
)
"""What can be asked of an ensemble."""
