"""Results that a running Porta has, or is computing: found by id, and opened as those of `on=`.

Guarantees:

- Finding and opening start nothing there. What it does not have is `NotThere`, but for a run that
  it answers at once. What is read of an ensemble later may be computed there (`ServerMembers`).
- What is opened is what the id names: the server says of which request it is, and that has the id.
  Only where an address has `member=` beside a digest, the scenario is the server's word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from porta.errors import IntegrityError
from porta.execution.api_client import ApiClient, NotThere
from porta.execution.computed import ComputedRun
from porta.execution.on_server import check_resource, finished, opened, told_by
from porta.execution.server_members import ServerMembers
from sim.scenario import PropagationRequest, Trajectory
from sim.verification.stated import read_metadata

if TYPE_CHECKING:
    from porta.addresses import Named
    from porta.execution.on_server import OnServer
    from porta.sources import Report

__all__ = ["Found", "find", "open_found"]


@dataclass(frozen=True, slots=True)
class Found:
    """A result at a server: how it is named there, its request, and its resource.

    A run that is answered at once and was not asked for has no resource: that is empty.
    """

    place: OnServer
    named: Named
    request: PropagationRequest
    resource: dict[str, Any]


def find(place: OnServer, named: Named, report: Report) -> Found:
    """Find a result, and wait for it while it is computed.

    Raises NotThere, PortaError, SimError; VerificationError where it is of another version of the
    model.
    """
    with ApiClient(place.server) as client:
        resource = _resource(place, client, named)
        if resource is not None:
            report.begin(int(resource["progress"]["total"]), "waiting")
            resource = finished(place, client, resource, report)
        return Found(place, named, _request_of(place, client, named), resource or {})


def _resource(place: OnServer, client: ApiClient, named: Named) -> dict[str, Any] | None:
    """Return what the server has of a name; None for nothing: a run may be answered at once."""
    try:
        resource = client.get(f"/{named.id}", **named.chosen)
    except NotThere:
        return None
    check_resource(place, resource)
    return resource


def _request_of(place: OnServer, client: ApiClient, named: Named) -> PropagationRequest:
    try:
        document = client.get(f"/{named.id}/metadata", **named.chosen)
    except NotThere as error:
        raise NotThere(
            f"The Porta at {place.server.url} has no result {named}: {error} {_advice(named)}"
        ) from error
    request = read_metadata(f"{named} of {place.server.url}", document).request
    if not _is_named(named, request):
        raise IntegrityError(
            f"the server answers {named} with the result {request.id}, which is another one"
        )
    return request


def _advice(named: Named) -> str:
    """Return what to do where a server does not have a result."""
    if named.chosen.get("members", 1) > 1:
        return (
            "An ensemble opens once it was asked for: open its page, or propagate it there, "
            "porta.propagate(..., members=..., on=...)."
        )
    return "porta.propagate(..., on=...) has it computed."


def _is_named(named: Named, request: PropagationRequest) -> bool:
    """Whether a request is the one that a name has; of an order, whatever it has come to.

    An id without a digest is of the default scenario, so it and the numbers beside it give the
    whole request. One with a digest names its own; `member=` beside it names a run with another
    digest, so there steps and member are compared, and the scenario is the server's word.
    """
    if named.is_order:
        return not request.is_ensemble
    steps, _, digest = named.id.partition("-")
    chosen = named.chosen
    if digest and not chosen:
        return request.id == named.id
    if not digest:
        trajectory = Trajectory(seed=chosen.get("seed", 0), member=chosen.get("member", 0))
        due = PropagationRequest(int(steps), trajectory, chosen.get("members", 1))
        return request.id == due.id
    is_of_steps = request.steps == int(steps) and not request.is_ensemble
    return is_of_steps and chosen.get("member") == request.trajectory.member


def open_found(found: Found, report: Report) -> ComputedRun | ServerMembers:
    """Open a result that was found: of a run its checkpoints come here; members stay there."""
    by = told_by(found.place, found.resource)
    if found.request.is_ensemble:
        return ServerMembers(found.place, found.request, by)
    report.say("fetching")
    with ApiClient(found.place.server) as client:
        propagation = opened(client, found.request, found.named)
    return ComputedRun(found.request, propagation, found.resource.get("stopped"), computed=by)
