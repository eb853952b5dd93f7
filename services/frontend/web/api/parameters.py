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

__all__ = ["MAX_DRAWN", "OVERVIEW", "RECORDS"]

MAX_PIXELS: Final = 16_384  # more would ask for more than an overview holds
MAX_DRAWN: Final = 4_096 * SHOWN_AGENTS  # pixels times agents: as many as the page asks for at most

_FORMATS: Final = ", ".join(f"`{name}` ({form.description})" for name, form in API_FORMATS.items())
_WINDOW: Final[tuple[Parameter, ...]] = (
    query_params.Real("t0", "The start of the window, in the simulation's time."),
    query_params.Real("t1", "The end of the window."),
)

RECORDS: Final[tuple[Parameter, ...]] = (
    *REQUEST,
    query_params.Choice(
        "format", tuple(API_FORMATS), f"The format of the file: {_FORMATS}.", default="json"
    ),
    *_WINDOW,
    query_params.Whole(
        "max_points",
        1,
        MAX_POINTS,
        "The most records to return, at least 4 for each agent: those with the extremes of x and "
        "y, shared evenly between the agents.",
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
