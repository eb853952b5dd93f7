"""The query parameters of the API's operations on ensembles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from frontend.web.http.query_params import REQUEST, Choice, Choices, Whole, Word
from sim.ensemble.density import SIZES
from sim.ensemble.grid import MAX_SPANS
from sim.ensemble.paging import MAX_LIMIT
from sim.ensemble.table import OUTCOMES
from sim.export import FORMATS
from sim.export.tables import TABLES

if TYPE_CHECKING:
    from frontend.web.http.query_params import Parameter

__all__ = [
    "ALL_SPANS",
    "DENSITY",
    "ENSEMBLE",
    "MEMBERS",
    "MEMBER_FORMATS",
    "PAGE_ROWS",
    "TABLE_FORMATS",
]

ALL_SPANS: Final = "all"
PAGE_ROWS: Final = 100  # of a page whose limit is left out

TABLE_FORMATS: Final = {name: FORMATS[name] for name in TABLES if name != "json"}
"""The formats of the whole table, by the word in `format=`; JSON comes page by page."""

MEMBER_FORMATS: Final = {"json": FORMATS["json"], **TABLE_FORMATS}
"""The formats of `/members`, a page of it or the whole table."""

_PARTIAL: Final = Choice(
    "partial",
    ("0", "1"),
    "1 while the run goes on: what is known of the members that have finished. It changes every "
    "few seconds; once the run is over it is the result.",
    default="0",
)

ENSEMBLE: Final[tuple[Parameter, ...]] = (*REQUEST, _PARTIAL)
"""The parameters of `/ensemble`."""

DENSITY: Final[tuple[Parameter, ...]] = (
    *REQUEST,
    _PARTIAL,
    Word("agent", "An analysed agent; the first one if left out."),
    Choice(
        "size",
        tuple(map(str, SIZES)),
        "How many cells a side has; of a picture also its pixels.",
        default=str(SIZES[0]),
    ),
    Choice(
        "span",
        (ALL_SPANS, *map(str, range(MAX_SPANS))),
        "A span of time, by its place in the ensemble's `density.spans`, or all of them.",
        default=ALL_SPANS,
    ),
    Choice(
        "format",
        ("png", "json", "npy"),
        "A picture, whose y points up and whose colours are logarithms of the counts; or the "
        "counts, from the lowest row up: as JSON, or as an array of unsigned 64-bit integers in "
        "NumPy's format.",
        default="png",
    ),
    Choice("theme", ("light", "dark"), "The page that a picture is for.", default="light"),
    Choice(
        "orbit",
        ("none", "nominal"),
        "A line over a picture: the orbit on which the nominal run starts.",
        default="none",
    ),
)
"""The parameters of `/density`."""

MEMBERS: Final[tuple[Parameter, ...]] = (
    *REQUEST,
    Choice(
        "format",
        ("json", *TABLE_FORMATS),
        "A page as JSON, or the whole table as "
        f"{', '.join(form.title for form in TABLE_FORMATS.values())}. Where it is left out, what "
        "`Accept` prefers, else `json`.",
    ),
    Word("agent", "Only the rows of one agent."),
    Choices("where", OUTCOMES, "Only the rows with one of these outcomes."),
    Word(
        "sort",
        "The column by which rows are sorted, with a minus before it for a falling order: "
        "`-closest`. Nulls are last. In the order of members if left out.",
        default="",
    ),
    Whole(
        "limit",
        1,
        MAX_LIMIT,
        f"The most rows of a page. Of JSON {PAGE_ROWS} if left out; of another format all.",
    ),
    Word("cursor", "Where the page begins: `next` of the one before.", default=""),
)
"""The parameters of `/members`."""
