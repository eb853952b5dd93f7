"""What a query asks for of a propagation's records, as a file: records, or the states at times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from frontend.errors import BadRequest
from frontend.web.http.record_stream import UNBOUNDED, records_reply, states_reply

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask import Response

    from sim.export import Format
    from sim.scenario import PropagationRequest

__all__ = ["record_reply", "states_file", "window_of"]


def record_reply(
    propagation_request: PropagationRequest, form: Format, values: Mapping[str, Any]
) -> Response:
    """Answer with the records that the values of a query choose; raises BadRequest."""
    _check_selection(values)
    if values["times"] is not None:
        return states_file(propagation_request, form, values["times"], values["agent"])
    return records_reply(
        propagation_request,
        form,
        window_of(values),
        values["max_points"],
        values["every"],
        agent=values["agent"],
        attachment=f"propagation-{propagation_request.id}{form.suffix}",
    )


def states_file(
    propagation_request: PropagationRequest,
    form: Format,
    times: Sequence[float],
    agent: str | None,
) -> Response:
    """Answer with the states at times."""
    name = f"states-{propagation_request.id}{form.suffix}"
    return states_reply(propagation_request, form, times, agent=agent, attachment=name)


def window_of(values: Mapping[str, Any]) -> tuple[float, float]:
    """Return the window of a query, unbounded where it says nothing; raises BadRequest."""
    t0 = -UNBOUNDED if values["t0"] is None else values["t0"]
    t1 = UNBOUNDED if values["t1"] is None else values["t1"]
    if not t0 < t1:
        raise BadRequest("t0 must be smaller than t1.")
    return t0, t1


def _check_selection(values: Mapping[str, Any]) -> None:
    """Refuse ways to choose records that can't go together; raises BadRequest."""
    given = [name for name in ("times", "every", "max_points") if values[name] is not None]
    if len(given) > 1:
        raise BadRequest(f"{given[0]} and {given[1]} each choose the records; give one of them.")
    if values["times"] is not None and (values["t0"], values["t1"]) != (None, None):
        raise BadRequest("times are chosen one by one; leave t0 and t1 out.")
