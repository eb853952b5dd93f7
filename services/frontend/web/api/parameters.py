"""The query parameters of the API's operations: read by the routes, described by OpenAPI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from frontend.web.http import query_params
from frontend.web.http.query_params import REQUEST
from frontend.web.http.record_stream import API_FORMATS
from sim.engine import SHOWN_AGENTS
from sim.export import MAX_POINTS
from sim.scenario import MAX_AGENTS

if TYPE_CHECKING:
    from frontend.web.http.query_params import Parameter

__all__ = ["MAX_DRAWN", "OVERVIEW", "RECORDS", "STATES"]

MAX_PIXELS: Final = 16_384  # more would ask for more than an overview holds
MAX_DRAWN: Final = 4_096 * SHOWN_AGENTS  # pixels times agents: as many as the page asks for at most

_FORMATS: Final = ", ".join(f"`{name}` ({form.description})" for name, form in API_FORMATS.items())
_WINDOW: Final[tuple[Parameter, ...]] = (
    query_params.Real("t0", "The start of the window, in the simulation's time."),
    query_params.Real("t1", "The end of the window."),
)

_FORMAT: Final = query_params.Choice(
    "format", tuple(API_FORMATS), f"The format of the file: {_FORMATS}.", default="json"
)

STATES: Final[tuple[Parameter, ...]] = (*REQUEST, _FORMAT)
"""The parameters of `/records` with times in the body."""

RECORDS: Final[tuple[Parameter, ...]] = (
    *STATES,
    *_WINDOW,
    query_params.Whole(
        "max_points",
        1,
        MAX_POINTS,
        "The most records to return, at least 4 for each agent: those with the extremes of x and "
        "y, shared evenly between the agents.",
    ),
    query_params.Whole(
        "every", 1, 2**53 - 1, "Of each agent only the records 0 (the initial one), k, 2k, ..."
    ),
    query_params.Reals(
        "times",
        "In place of records: for each of these times a row for each agent, with the record that "
        "holds it or, where agents step together, that ends there. As many as an "
        "address takes; a POST takes up to a million.",
    ),
)
"""The parameters of `/records`."""

OVERVIEW: Final[tuple[Parameter, ...]] = (
    *REQUEST,
    *_WINDOW,
    query_params.Whole("pixels", 16, MAX_PIXELS, "The width of the figure.", default=1_024),
    query_params.Choice(
        "frame",
        ("inertial", "primary"),
        "Whether paths are in the inertial frame, or relative to each agent's primary.",
        default="inertial",
    ),
    query_params.Whole(
        "agents",
        1,
        MAX_AGENTS,
        f"The most agents to return, the first ones; times `pixels` at most {MAX_DRAWN}.",
        default=SHOWN_AGENTS,
    ),
)
"""The parameters of `/overview`."""
