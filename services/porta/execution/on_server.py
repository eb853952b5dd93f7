"""Has a running Porta compute, over HTTP: it joins the run that a page would join.

Guarantees:

- A run, and the summary of an ensemble, is held to the server's manifest; rows of members are taken
  as they come. Of a run only its checkpoints come, some megabytes; its records are remade from them
  here, in less time than they would take to be sent.
- An interrupt ends the waiting, not the run: others may wait for the same one.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from porta.addresses import Named
from porta.errors import ExecutionError
from porta.execution.api_client import PATIENCE_S, ApiClient, Unreachable
from porta.execution.computed import ComputedRun
from porta.execution.server_members import ServerMembers
from sim.cost_model import opened_level
from sim.engine import Propagation, Stretch
from sim.engine.computed import HELD_BYTES
from sim.errors import Failure, FailureReason, IntegrityError, PropagationFailed
from sim.order import Order

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from porta.execution.server import Server
    from porta.sources import Report
    from sim.scenario import PropagationRequest

__all__ = ["OnServer", "check_resource", "finished", "opened", "told_by"]

LENGTH: Final = struct.Struct("<Q")
MOST_BYTES: Final = 2**28  # of a stretch; the largest is an eighth of it
FIELDS: Final = frozenset(
    {"id", "steps", "status", "progress", "links", "error", "provenance", "timings"}
)
OVER: Final = frozenset({"complete", "failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class OnServer:
    """A running Porta, with the workers that it has."""

    server: Server

    def propagation(self, request: PropagationRequest, report: Report) -> ComputedRun:
        """Have one run computed, or what an order comes to; raises PortaError and SimError."""
        report.begin(request.steps, "waiting")
        with ApiClient(self.server) as client:
            resource = self._computed(client, request, report)
            answer = request
            if isinstance(request, Order):
                answer = request.answer(int(resource["steps"]))
            report.say("fetching")
            propagation = opened(client, answer)
        report.reach(request.steps)
        by = told_by(self, resource)
        return ComputedRun(answer, propagation, resource.get("stopped"), computed=by)

    def ensemble(self, request: PropagationRequest, report: Report) -> ServerMembers:
        """Have an ensemble computed, whose members stay there; raises PortaError."""
        report.begin(request.members, "waiting")
        with ApiClient(self.server) as client:
            resource = self._computed(client, request, report)
        return ServerMembers(self, request, told_by(self, resource))

    def members_again(self, request: PropagationRequest) -> None:
        """Have the members of an ensemble computed whose result is there; raises PortaError.

        The resource is the result's, which is complete already: only the answer to a request says
        whether the run is over, so the ensemble is asked for until it is. That joins the run.
        """
        with ApiClient(self.server) as client:
            while True:
                resource = client.start(request.to_json())
                self._check_release(request, resource)
                if resource["status"] == "complete":
                    return
                if resource["status"] in OVER:
                    raise _failure(self, resource)
                client.pause()

    def _computed(
        self, client: ApiClient, request: PropagationRequest, report: Report
    ) -> dict[str, Any]:
        """Return the resource of what is complete; raises for what has failed."""
        resource = client.start(request.to_json())
        self._check_release(request, resource)
        return finished(self, client, resource, report)

    def _check_release(self, request: PropagationRequest, resource: dict[str, Any]) -> None:
        """Refuse a server to which the request is another one: its model is of another version."""
        check_resource(self, resource)
        if resource["id"] not in {request.id, (resource.get("order") or {}).get("came_to")}:
            raise ExecutionError(
                f"The Porta at {self.server.url} has another version of the model "
                f"{request.trajectory.scenario.model.name}, so its numbers would be others: install"
                " its release here."
            )


def check_resource(place: OnServer, resource: dict[str, Any]) -> None:
    """Raise ExecutionError for what is no resource of a Porta."""
    if not resource.keys() >= FIELDS:
        raise ExecutionError(f"{place.server.url} answers, but not as a Porta does.")


def finished(
    place: OnServer, client: ApiClient, resource: dict[str, Any], report: Report
) -> dict[str, Any]:
    """Wait for what is computed there; return its resource, or raise what it has failed with."""
    try:
        for current in _followed(client, resource):
            resource = current
            report.say(str(resource["status"]))
            report.reach(int(resource["progress"]["done"]))
    except KeyboardInterrupt as error:
        where = f"{place.server.url}{resource['links']['page']}"
        error.add_note(f"The server goes on with it: {where} shows how far it is.")
        raise
    if resource["status"] == "complete":
        return resource
    raise _failure(place, resource)


def _failure(place: OnServer, resource: dict[str, Any]) -> Exception:
    error = resource["error"] or {}
    detail = str(error.get("detail", "It was cancelled there; propagate again."))
    if error.get("iteration") is not None:
        for reason in FailureReason:
            failure = Failure(error["iteration"], tuple(error["agents"]), reason)
            if failure.sentence in detail:
                return PropagationFailed(failure)
    return ExecutionError(f"{place.server.url}: {detail}")


def _followed(client: ApiClient, resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the resource each time that it has changed, until it is over.

    A server may be away for a minute meanwhile, to be started anew: its run goes on. The minute
    begins when it does not answer, however long it has had nothing to say before.
    """
    path, away_since = f"/{resource['id']}", None
    yield resource
    while resource["status"] not in OVER:
        try:
            for current in client.events(path):
                resource, away_since = current, None
                yield resource
            if resource["status"] not in OVER:  # the stream has ended before
                client.pause()
                resource, away_since = client.get(path), None
                yield resource
        except Unreachable:
            away_since = monotonic() if away_since is None else away_since
            if monotonic() - away_since > PATIENCE_S:
                raise
            client.pause()


def opened(
    client: ApiClient, request: PropagationRequest, named: Named | None = None
) -> Propagation:
    """Return the propagation that the server has computed, held to its manifest.

    By its id, which the server knows once it was asked for, or as it is `named` otherwise.
    """
    trajectory, named = request.trajectory, named or Named(request.id)
    level = opened_level(trajectory.scenario, request.steps, HELD_BYTES)
    stretches = [
        Stretch.from_bytes(trajectory, data).coarsened(level)
        for data in _unframed(client.pieces(f"/{named.id}/checkpoints", **named.chosen))
    ]
    found = Propagation.open(trajectory, request.steps, stretches, least_level=level)
    manifest = client.get(f"/{named.id}/manifest", **named.chosen)
    if manifest["result"]["checkpoints_checksum"] != found.checkpoints_checksum:
        raise IntegrityError(f"the server's result of {request.id} is not what is computed here")
    return found


def _unframed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what comes with its length before it, up to a length of 0."""
    held, coming = bytearray(), iter(pieces)

    def take(count: int) -> bytes:
        while len(held) < count:
            piece = next(coming, None)
            if piece is None:
                raise ExecutionError("The server's checkpoints end too soon; propagate again.")
            held.extend(piece)
        taken = bytes(held[:count])
        del held[:count]
        return taken

    while (length := LENGTH.unpack(take(LENGTH.size))[0]) > 0:
        if length > MOST_BYTES:
            raise ExecutionError("The server's checkpoints can't be read: is it a Porta?")
        yield take(length)


def told_by(place: OnServer, resource: dict[str, Any]) -> dict[str, object]:
    """Return who computed a result."""
    known = resource.get("provenance") or {}
    return {"by": place.server.url, "process": known.get("by"), "timings": resource.get("timings")}
