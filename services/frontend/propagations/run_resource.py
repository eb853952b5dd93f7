"""The resource of a propagation whose result is not stored, from its run's record."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from frontend.domain.resource import ClusterView, ErrorReport, Progress, Resource, Status, Timings

if TYPE_CHECKING:
    from collections.abc import Callable

    from frontend.domain.run import RunState
    from sim.scenario import Failure, PropagationRequest

__all__ = ["failed_for_good", "of_run", "timestamp", "waiting_for"]


def of_run(
    request: PropagationRequest,
    run: RunState,
    status: Status,
    dashboard: Callable[[str, str | None], str | None],
) -> Resource:
    """Return the resource of a propagation; `dashboard` returns the URL of a cluster's."""
    return Resource(
        id=request.id,
        steps=request.steps,
        seed=request.trajectory.seed,
        member=request.trajectory.member,
        members=request.members,
        status=status,
        progress=_progress(request.steps, run, status),
        cluster=None if status.is_over else _cluster(run, dashboard),
        timings=Timings(asked_at=timestamp(run.asked_ms), finished_at=timestamp(run.over_ms)),
        error=_error(request.steps, run, status),
    )


def failed_for_good(request: PropagationRequest, failure: Failure) -> Resource:
    """Return the resource of a propagation whose trajectory ends before its last step."""
    return Resource(
        id=request.id,
        steps=request.steps,
        seed=request.trajectory.seed,
        member=request.trajectory.member,
        members=request.members,
        status=Status.FAILED,
        progress=Progress(done=failure.iteration, total=request.steps),
        error=_report(failure),
    )


def waiting_for(resource: Resource, obstacle: str) -> Resource:
    """Return the resource with the reason why it waits."""
    return replace(resource, error=ErrorReport(detail=obstacle))


def timestamp(at_ms: int | None) -> str | None:
    """Return a time of Redis' clock as RFC 3339, UTC."""
    if at_ms is None:
        return None
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")


def _progress(steps: int, run: RunState, status: Status) -> Progress:
    done = min(run.done, steps)
    rate = run.rate if status is Status.RUNNING else None
    return Progress(
        done=done,
        total=steps,
        rate=rate,
        eta_s=(steps - done) / rate if rate else None,
        position=run.position if status is Status.QUEUED else None,
    )


def _cluster(
    run: RunState, dashboard: Callable[[str, str | None], str | None]
) -> ClusterView | None:
    if run.cluster is None:
        return None
    cluster: Any = run.cluster
    return ClusterView(
        name=cluster["name"],
        workers=run.wanted or 0,
        dashboard=dashboard(cluster["name"], cluster["dashboard"]),
        arrived=run.workers,
    )


def _error(steps: int, run: RunState, status: Status) -> ErrorReport | None:
    if status is Status.FAILED and run.failure is not None and steps > run.failure.iteration:
        return _report(run.failure)
    return (
        None if run.error is None or status is Status.CANCELLED else ErrorReport(detail=run.error)
    )


def _report(failure: Failure) -> ErrorReport:
    return ErrorReport(
        detail=failure.sentence, final=True, iteration=failure.iteration, agents=failure.agents
    )
