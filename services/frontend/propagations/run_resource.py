"""The resource of a propagation whose result is not stored, from its run's record."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from frontend.domain.resource import ClusterView, ErrorReport, Progress, Resource, Status, Timings

if TYPE_CHECKING:
    from collections.abc import Callable

    from frontend.domain.resource import EstimateView
    from frontend.domain.run import RunState
    from sim.scenario import Failure, PropagationRequest

__all__ = ["failed_for_good", "milliseconds", "of_run", "timestamp", "waiting_for"]


def of_run(
    request: PropagationRequest,
    run: RunState,
    status: Status,
    dashboard: Callable[[str, str | None], str | None],
    estimate: EstimateView | None = None,
) -> Resource:
    """Return the resource of a propagation; `dashboard` returns the URL of a cluster's."""
    return Resource(
        id=request.id,
        steps=request.steps,
        seed=request.trajectory.seed,
        member=request.trajectory.member,
        members=request.members,
        status=status,
        progress=_progress(request, run, status),
        cluster=None if status.is_over else _cluster(run, dashboard),
        timings=_timings(request, run, status),
        error=_error(request.steps, run, status),
        estimate=estimate,
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


def _timings(request: PropagationRequest, run: RunState, status: Status) -> Timings:
    """Return when it was asked for, and how long each stage took that is over since then.

    The present stage began where these end.
    """
    asked_ms = run.asked_at_ms(request.id)
    if status.is_over or status is Status.QUEUED or asked_ms is None:
        return Timings(asked_at=timestamp(asked_ms), finished_at=timestamp(run.over_ms))
    ends = (asked_ms, run.started_ms, run.propagating_ms, run.writing_ms)
    # Who joins a run that is under way waits for what is left of it.
    since = [None if at_ms is None else max(at_ms, asked_ms) for at_ms in ends]
    queued_s, starting_s, running_s = (_seconds(*pair) for pair in pairwise(since))
    return Timings(
        asked_at=timestamp(asked_ms),
        queued_s=queued_s,
        starting_s=starting_s,
        running_s=running_s,
    )


def _seconds(from_ms: int | None, to_ms: int | None) -> float | None:
    return None if from_ms is None or to_ms is None else (to_ms - from_ms) / 1_000


def milliseconds(text: str | None) -> int | None:
    """Return the time of Redis' clock that `timestamp` wrote."""
    return None if text is None else round(datetime.fromisoformat(text).timestamp() * 1_000)


def _progress(request: PropagationRequest, run: RunState, status: Status) -> Progress:
    """Return the progress; a run counts iterations, those of all members of an ensemble.

    Of an ensemble's results it computes one after the other: the others have not begun.
    """
    total, unit = (request.members, request.steps) if request.is_ensemble else (request.steps, 1)
    is_told_of = run.of in {None, request.steps}
    done = min(run.done // unit, total) if is_told_of else 0
    tells_rate = is_told_of and run.rate is not None and status is Status.RUNNING
    rate = (run.rate or 0.0) / unit if tells_rate else None
    return Progress(
        done=done,
        total=total,
        rate=rate,
        eta_s=(total - done) / rate if rate else None,
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
