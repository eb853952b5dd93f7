"""The reply of `/path`: the states of agents in a window, as bytes that a browser draws from.

- Binary (`sim.engine.tracks`), since JSON of 100,000 points takes a browser longer than drawing.
- Gzipped at the fastest level: the last bits of a double are noise.
- Of a run under way, with `partial`, it is of the steps that are stored; that may not be kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from frontend.errors import BadRequest
from frontend.web.context import services
from frontend.web.http.compression import compress
from frontend.web.http.responses import FRESH, etag_of, packed_reply, unchanged
from sim.cost_model import figure_seconds
from sim.engine import SAMPLING_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Response

    from sim.engine import Propagation
    from sim.scenario import PropagationRequest, Scenario

__all__ = ["MEDIA_TYPE", "path_reply"]

MEDIA_TYPE: Final = "application/octet-stream"
LEVEL: Final = 1  # 60 MB/s, down to three fifths; level 4 takes twice as long for a hundredth
DRAWN: Final = 2  # agents whose drawing as JSON takes as long as these bytes


def path_reply(request: PropagationRequest, values: dict[str, Any]) -> Response:
    """Answer with the samples of a window; raises BadRequest, NotFound, NotReady and Busy."""
    propagations = services().propagations
    reached = propagations.reached(request) if values["partial"] == "1" else None
    of = reached or request
    opening = propagations.opening(of)
    opening()  # in a turn of its own, and not kept while this waits for the figure's
    scenario = of.trajectory.scenario
    agents = _chosen(scenario, values["agent"])
    window = (values["t0"], values["t1"])
    etag = etag_of(scenario.model.version, of.id, "path", *window, agents, values["points"])
    response = unchanged(etag)
    if response is None:
        packed = services().overviews.find(etag)
        if packed is None:
            packed = _made(of, opening, etag, (*window, agents, values["points"]))
        response = packed_reply(packed, etag, MEDIA_TYPE)
    if reached is not None:
        response.headers["Cache-Control"] = FRESH  # the next question finds more
    return response


def _made(
    request: PropagationRequest,
    opening: Callable[[], Propagation],
    etag: str,
    asked: tuple[float | None, float | None, tuple[int, ...], int],
) -> bytes:
    """Make the bytes in a turn that is bounded like those of other figures."""
    scenario = request.trajectory.scenario
    cost_s = figure_seconds(scenario, request.steps, DRAWN) + SAMPLING_S
    held_bytes = 2 * services().propagations.held_bytes(request)  # the samples are joined
    with services().admission.admit(cost_s, held_bytes=held_bytes):
        return services().overviews.get(
            etag, lambda: compress(opening().tracks(*asked).to_bytes(), LEVEL)
        )


def _chosen(scenario: Scenario, names: tuple[str, ...] | None) -> tuple[int, ...]:
    """Return the indices of agents, each once, in the scenario's order; raises BadRequest."""
    if names is None:
        return tuple(range(len(scenario.names)))
    places = {name: a for a, name in enumerate(scenario.names)}
    for name in names:
        if name not in places:
            raise BadRequest(f"agent names no agent of the scenario: {name[:100]!r}.")
    return tuple(sorted({places[name] for name in names}))
