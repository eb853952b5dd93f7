"""The route of charts over time: the quantities of chosen agents in a window, at its pixels.

It starts nothing. An answer depends on its address alone, and is made once for all who ask.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response

from frontend.domain.resource import API_ROOT
from frontend.errors import BadRequest
from frontend.web.api.parameters import MAX_DRAWN, SERIES
from frontend.web.context import services
from frontend.web.http.compression import compress
from frontend.web.http.propagation_address import read_run_address
from frontend.web.http.responses import etag_of, json_bytes, packed_reply, unchanged
from sim.cost_model import figure_seconds
from sim.engine import SERIES as QUANTITIES
from sim.engine import SHOWN_AGENTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.engine import Propagation
    from sim.scenario import PropagationRequest

__all__ = ["blueprint"]

_PASSES: Final = 4  # over an interval at most, at the edges of a window

blueprint = Blueprint("series", __name__, url_prefix=API_ROOT)


@blueprint.get("/<propagation_id>/series")
def series(propagation_id: str) -> Response:
    """Return the quantities of some agents in a window."""
    wanted, values = read_run_address(propagation_id, SERIES)
    _check(values)
    opening = services().propagations.opening(wanted)
    opening()  # in a turn of its own, and not kept while this waits for the figure's
    asked = tuple(values[name] for name in ("t0", "t1", "pixels", "agents", "quantities"))
    etag = etag_of(wanted.trajectory.scenario.model.version, wanted.id, "series with last", *asked)
    response = unchanged(etag)
    if response is not None:
        return response
    known = services().overviews.find(etag)
    return packed_reply(known if known is not None else _made(wanted, opening, values, etag), etag)


def _made(
    wanted: PropagationRequest,
    opening: Callable[[], Propagation],
    values: dict[str, Any],
    etag: str,
) -> bytes:
    """Make the document, packed, in a turn of its own."""
    scenario = wanted.trajectory.scenario
    drawn = len(values["agents"] or range(min(SHOWN_AGENTS, len(scenario.agents))))
    cost_s = _PASSES * figure_seconds(scenario, wanted.steps, drawn)
    held_bytes = 2 * services().propagations.held_bytes(wanted)  # the bins of a window are joined

    def document() -> bytes:
        made = opening().series(
            values["t0"],
            values["t1"],
            values["pixels"],
            agents=values["agents"],
            quantities=values["quantities"] or QUANTITIES,
        )
        return compress(json_bytes(made))

    with services().admission.admit(cost_s, held_bytes=held_bytes):
        return services().overviews.get(etag, document)


def _check(values: dict[str, Any]) -> None:
    """Refuse what can't be drawn; raises BadRequest."""
    t0, t1 = values["t0"], values["t1"]
    if t1 is not None and not (0.0 if t0 is None else t0) < t1:
        raise BadRequest("t0 must be smaller than t1.")
    drawn = len(values["agents"] or range(SHOWN_AGENTS))
    if values["pixels"] * drawn > MAX_DRAWN:
        raise BadRequest(
            f"pixels times agents must be at most {MAX_DRAWN}: ask for pixels={MAX_DRAWN // drawn}."
        )
