"""Starting, cancelling and deleting on somebody's behalf: within their quota, and written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from frontend.errors import NotFound, QuotaExceeded
from frontend.web.auth import audit_log
from frontend.web.auth.authorization import principal
from frontend.web.auth.quotas import quotas
from frontend.web.context import services
from sim.cost_model import work

if TYPE_CHECKING:
    from frontend.domain.resource import Resource
    from sim.scenario import PropagationRequest

__all__ = ["remove", "start"]


def start(wanted: PropagationRequest, *, retry: bool = False) -> Resource:
    """Ask for a propagation: give the one that is there, join the run under way, or line up.

    Raises QuotaExceeded, QueueFull and StorageError. Joining costs nothing.
    """
    propagations = services().propagations
    if principal().is_limited and (size := propagations.left_at_once(wanted)):
        quotas().keep(principal(), size)
    resource = propagations.at_once(wanted)
    if resource is not None:
        return resource
    if principal().is_limited and not propagations.is_awaited(wanted):
        quotas().check(principal(), _work(wanted))
    resource, is_more = propagations.line_up(wanted, retry=retry)
    if is_more:
        _charge(wanted)
        audit_log.record("start", "done", wanted)
    return resource


def remove(wanted: PropagationRequest) -> None:
    """Cancel a run under way, or delete a finished result; raises NotFound."""
    resource = services().propagations.find(wanted)
    if resource is None:
        raise NotFound(f"Nobody has asked for {wanted.id} yet, so there is nothing to delete.")
    services().propagations.remove(wanted)
    audit_log.record("delete" if resource.status.is_over else "cancel", "done", wanted)


def _charge(wanted: PropagationRequest) -> None:
    """Count what was lined up; take it back where other requests of the same asker were faster."""
    try:
        quotas().take(principal(), _work(wanted))
    except QuotaExceeded:
        services().propagations.give_up(wanted)
        raise


def _work(wanted: PropagationRequest) -> float:
    """Return the whole work of a request, also where a part of it is there already."""
    return work(wanted.steps, wanted.trajectory.scenario, wanted.members)
