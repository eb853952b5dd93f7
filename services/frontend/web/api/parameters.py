"""The query parameters of the API's operations: read by the routes, described by OpenAPI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from frontend.web.http import query_params
from frontend.web.http.query_params import REQUEST
from frontend.web.http.record_stream import API_FORMATS
from sim.engine import MOST_POINTS, SHOWN_AGENTS
from sim.engine import SERIES as QUANTITIES
from sim.export import MAX_POINTS
from sim.scenario import MAX_AGENTS

if TYPE_CHECKING:
    from frontend.web.http.query_params import Parameter

__all__ = ["EVENTS", "MAX_DRAWN", "OVERVIEW", "PATH", "RECORDS", "SERIES", "STATES"]

FOLLOWED_AT_MOST: Final = 32  # by one stream: more pages than a person has in sight
MAX_PIXELS: Final = 16_384  # more would ask for more than an overview holds
MAX_DRAWN: Final = 4_096 * SHOWN_AGENTS  # pixels times agents: as many as the page asks for at most

_FORMATS: Final = ", ".join(f"`{name}` ({form.description})" for name, form in API_FORMATS.items())
_WINDOW: Final[tuple[Parameter, ...]] = (
    query_params.Real("t0", "The start of the window, in the simulation's time."),
    query_params.Real("t1", "The end of the window."),
)

_FORMAT: Final = query_params.Choice(
    "format",
    tuple(API_FORMATS),
    f"The format of the file: {_FORMATS}. If it is left out, what `Accept` prefers, or `json`.",
)

EVENTS: Final[tuple[Parameter, ...]] = (
    query_params.Ids("ids", FOLLOWED_AT_MOST, "The ids of the propagations to follow."),
)
"""The parameters of `/api/v1/events`."""

_AGENT: Final = query_params.Word(
    "agent", "In `oem` only this agent; else it has a segment for each."
)

STATES: Final[tuple[Parameter, ...]] = (*REQUEST, _FORMAT, _AGENT)
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

PATH: Final[tuple[Parameter, ...]] = (
    *REQUEST,
    *_WINDOW,
    query_params.Whole(
        "points",
        16,
        MOST_POINTS,
        "About how many samples to return, of all agents together.",
        default=65_536,
    ),
    query_params.Words(
        "agent",
        MAX_AGENTS,
        "The name of an agent to return, once for each; all of them where there is none.",
    ),
    query_params.Choice(
        "partial",
        ("0", "1"),
        "With 1, of a run under way: what is stored of it so far.",
        default="0",
    ),
)
"""The parameters of `/path`."""

SERIES: Final[tuple[Parameter, ...]] = (
    *REQUEST,
    *_WINDOW,
    query_params.Whole("pixels", 16, MAX_PIXELS, "The width of the charts.", default=1_024),
    query_params.Wholes(
        "agents",
        MAX_AGENTS - 1,
        SHOWN_AGENTS,
        "The numbers of agents in the scenario, from 0 on, with commas between them; without it "
        f"the first {SHOWN_AGENTS} that have a primary, or else the first {SHOWN_AGENTS}.",
    ),
    query_params.Choices(
        "quantities", QUANTITIES, "Some of the quantities, with commas between them: else all."
    ),
)
"""The parameters of `/series`."""
