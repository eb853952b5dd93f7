"""What is known of a propagation: its manifest, or the state of its run. It starts nothing."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from frontend.domain.resource import Status
from frontend.errors import NotFound
from frontend.observability.process_metrics import RESULT_HIT, RESULT_MISS
from frontend.propagations.ensembles import estimated
from frontend.propagations.orders import under_its_id, waiting_requests
from frontend.propagations.run_resource import of_run, waiting_for
from sim.order import Order

if TYPE_CHECKING:
    from frontend.domain.resource import EstimateView, Resource
    from frontend.domain.run import RunState
    from frontend.propagations.verified_results import VerifiedResults
    from frontend.results.trajectory_store import TrajectoryStore
    from frontend.runs.run_queue import RunQueue
    from frontend.runs.runner_status import RunnerStatus
    from frontend.settings import Settings
    from sim.scenario import PropagationRequest

__all__ = ["Finder", "Known"]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a propagation, and whether its trajectory has stored stretches.

    `was_awaited`: a run is done that reached it, and whose many results are not all stored.
    """

    resource: Resource | None
    has_stretches: bool
    was_awaited: bool = False


class Finder:
    """Finds single propagations, and lists those that are recent or under way."""

    def __init__(
        self,
        settings: Settings,
        store: TrajectoryStore,
        results: VerifiedResults,
        runs: RunQueue,
        runner_status: RunnerStatus,
    ) -> None:
        self._settings = settings
        self._store = store
        self._results = results
        self._runs = runs
        self._runner_status = runner_status

    def stored(self, request: PropagationRequest) -> Resource | None:
        """Return a stored result, for a reader: counted as a hit or a miss."""
        resource = self.peek(request)
        (RESULT_MISS if resource is None else RESULT_HIT).inc()
        return resource

    def peek(self, request: PropagationRequest) -> Resource | None:
        """Return a stored result, uncounted."""
        return self._results.read(request)

    def finished(self, request: PropagationRequest) -> Resource:
        """Return the result of a run that is over; raises NotFound where it was removed since."""
        resource = self.peek(request)
        if resource is None:
            raise NotFound(f"The propagation {request.id} was removed.")
        return resource

    def known(self, request: PropagationRequest) -> Known:
        """Return a stored result (counted), else what the run says; each is read once."""
        stored = self.stored(request)
        if stored is not None:
            return Known(stored, has_stretches=True)
        snapshot = self._runs.snapshot(request.digest)
        run = snapshot.run
        status = None if run is None else run.status_of(request.id, request.steps)
        if run is None or status is None:
            return Known(None, has_stretches=snapshot.stretches > 0)
        if status is Status.COMPLETE:
            return Known(None, has_stretches=snapshot.stretches > 0, was_awaited=True)
        return Known(self.resource_for(request, run), has_stretches=snapshot.stretches > 0)

    def recent(self, count: int) -> list[Resource]:
        """Return the results that were published last, the newest first."""
        return self._results.recent(count)

    def under_way(self) -> list[Resource]:
        """Return the propagations that are waited for: one resource for each id."""
        return [resource for _, resource in self.waiting()]

    def waiting(self) -> list[tuple[PropagationRequest, Resource]]:
        """Return what is waited for, each request with its resource."""
        runs = self._runs.under_way()
        subjects = self._store.subjects([run.digest for run in runs])
        return [
            (request, under_its_id(request, resource) if isinstance(request, Order) else resource)
            for run in runs
            if run.digest in subjects
            for request in waiting_requests(subjects[run.digest], run.waiting or {}, run.orders)
            for resource in (self.resource_for(request, run),)
        ]

    def resource_for(self, request: PropagationRequest, run: RunState) -> Resource:
        """Return the resource of a propagation whose run is in this state; raises NotFound."""
        status = run.status_of(request.id, request.steps) or run.status
        if status is Status.COMPLETE:
            return self.finished(request)
        expected = self._expected(request, run) if request.is_ensemble else None
        resource = of_run(request, run, status, self._settings.dashboard, expected)
        has_begun = resource.cluster is not None or status not in {Status.QUEUED, Status.STARTING}
        if has_begun or resource.error is not None:
            return resource
        obstacle = self._runner_status.obstacle()
        return resource if obstacle is None else waiting_for(resource, obstacle)

    def _expected(self, request: PropagationRequest, run: RunState) -> EstimateView:
        """Return what a run is expected to take, and whether it takes far longer."""
        expected = estimated(request, self._settings.max_workers)
        if run.started_ms is None:
            return expected
        now_s = time.time() if run.over_ms is None else run.over_ms / 1_000
        return expected.after(now_s - run.started_ms / 1_000)
