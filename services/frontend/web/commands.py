"""What a principal asks for: start, cancel, delete; within their quota, and in the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from frontend.errors import NotFound, QuotaExceeded
from frontend.propagations.orders import answered
from frontend.web.auth import audit_log
from frontend.web.auth.authorization import principal, starts_by_looking
from frontend.web.auth.quotas import check_possible, quotas
from frontend.web.context import services
from sim.cost_model import work
from sim.order import Order

if TYPE_CHECKING:
    from frontend.domain.resource import Resource
    from sim.scenario import PropagationRequest

__all__ = ["find_or_start", "remove", "start"]


def find_or_start(request: PropagationRequest) -> Resource | None:
    """Return what is known of a propagation; start it if nothing is, and this request may.

    Each thing is read once: two calls to Redis find nothing, three more start a run. Raises
    QuotaExceeded, QueueFull and StorageError.
    """
    propagations = services().propagations
    if isinstance(request, Order):
        return propagations.find(request)
    known = propagations.known(request)
    if known.resource is not None:
        return known.resource
    if not starts_by_looking():
        return propagations.settled(request, known)
    recomputed = propagations.recomputed(request, known)
    if recomputed is not None:
        return recomputed
    return _start_unknown(request, has_stretches=known.has_stretches)


def start(request: PropagationRequest, *, retry: bool = False) -> Resource:
    """Return a stored result, join the run under way, or start one; `retry` what failed.

    Raises QuotaExceeded, QueueFull and StorageError. Joining is free.
    """
    if isinstance(request, Order):
        return _start_order(request, retry=retry)
    stored = services().propagations.stored(request)
    if stored is None or services().propagations.lacks_members(request):
        return _start_unknown(request, retry=retry)
    return stored


def _start_order(order: Order, *, retry: bool) -> Resource:
    """Answer an order at once, if that takes no run, else join or start the one that will."""
    answer = services().propagations.settled_order(order)
    if answer is None:
        return _enqueue(order, retry=retry)
    return answered(order, answer, start(answer.request, retry=retry))


def _start_unknown(
    request: PropagationRequest, *, retry: bool = False, has_stretches: bool = True
) -> Resource:
    """Start a propagation that is not stored: inline if it is small, else by a run."""
    propagations = services().propagations
    basis = propagations.inline_basis(request, has_stretches=has_stretches)
    if basis is not None:
        if principal().is_limited and (size := propagations.inline_bytes(request)):
            quotas().keep(principal(), size)
        return propagations.compute_inline(request, basis)
    return _enqueue(request, retry=retry)


def _enqueue(request: PropagationRequest, *, retry: bool) -> Resource:
    """Join or start the run of a request, and charge for it."""
    propagations = services().propagations
    charges = quotas().charges(principal(), _work(request)) if principal().is_limited else []
    try:
        resource, adds_work = propagations.enqueue(request, retry=retry, charges=charges)
    except QuotaExceeded:
        check_possible(charges)
        raise
    if adds_work:
        audit_log.record("start", "done", request)
    return resource


def remove(request: PropagationRequest) -> None:
    """Cancel a run under way, or delete a finished result; raises NotFound."""
    resource = services().propagations.find(request)
    if resource is None:
        raise NotFound(f"{request.id} has not been requested yet, so there is nothing to delete.")
    services().propagations.remove(request)
    audit_log.record("delete" if resource.status.is_over else "cancel", "done", request)


def _work(request: PropagationRequest) -> float:
    """Return the whole work of a request, although a part of it may be stored already."""
    return work(request.steps, request.trajectory.scenario, request.members)
