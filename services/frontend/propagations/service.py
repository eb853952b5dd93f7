"""The application service: what pages, API and command line ask about propagations.

- `ask` starts what must be started and answers at once; the same request asked for by many is
  one run. `find` never starts anything.
- One rule decides what is answered at once, without a cluster (docs/adr/0012): the manifest is
  there, the trajectory is long enough, or what remains is little.
- `open` gives the propagation itself, verified against its manifest; what can't be honoured is
  withdrawn and asked for again.

Thread-safe; raises FrontendErrors only.
"""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from frontend.caching import SingleFlightCache
from frontend.domain import manifest
from frontend.domain.resource import Resource, Status, Timings
from frontend.errors import ChainBroken, NotFound, NotReady, StorageFull
from frontend.observability import log_context
from frontend.observability.process_metrics import RESULT_HIT, RESULT_MISS
from frontend.propagations import requests
from frontend.propagations.run_resource import failed_for_good, of_run, waiting_for
from sim.cost_model import work
from sim.engine import Propagation
from sim.errors import PropagationFailed
from sim.intervals import interval_iterations
from sim.scenario import PropagationRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from frontend.domain.run import ChainEntry, RunState
    from frontend.results.trajectory_store import TrajectoryStore
    from frontend.runs.run_queue import RunQueue
    from frontend.runs.runner_status import RunnerStatus
    from frontend.settings import Settings

__all__ = ["Propagations"]

OPENED_BYTES: Final = 256 * 2**20
BYTES_AN_AGENT: Final = 1_300  # of a manifest
KEPT_AGENTS: Final = 12  # whose manifest has some 16 KB; that of 1,000 agents has 1.3 MB


class Propagations:
    """Asks for, finds, opens and removes propagations."""

    def __init__(
        self,
        settings: Settings,
        store: TrajectoryStore,
        runs: RunQueue,
        runner_status: RunnerStatus,
    ) -> None:
        self._settings = settings
        self._runner_status = runner_status
        self._store = store
        self._runs = runs
        self._limits = requests.Limits(max_steps=settings.max_steps, max_work=settings.max_work)
        self._opened = SingleFlightCache[Propagation](OPENED_BYTES, lambda one: one.nbytes)
        self._name = f"{socket.gethostname()}-{os.getpid()}"

    # What was written becomes a request.

    def parse_id(
        self, text: str, *, seed: str | None = None, members: str | None = None
    ) -> PropagationRequest:
        """Read an id; raises BadRequest or NotFound."""
        wanted = requests.parse_id(
            self._limits, text, self._store.trajectory, seed=seed, members=members
        )
        log_context.about(wanted)
        return wanted

    def request(
        self, *, steps: int, seed: int = 0, members: int = 1, scenario: object | None = None
    ) -> PropagationRequest:
        """Make a request of its parts; raises BadRequest."""
        wanted = requests.read_request(
            self._limits, steps=steps, seed=seed, members=members, scenario=scenario
        )
        log_context.about(wanted)
        return wanted

    # What is there, and what is to be.

    def ask(self, request: PropagationRequest, *, retry: bool = False) -> Resource:
        """Return the result, or the run that will give it; `retry` tries again what failed.

        Raises QueueFull and StorageError.
        """
        return self.at_once(request) or self.line_up(request, retry=retry)[0]

    def at_once(self, request: PropagationRequest) -> Resource | None:
        """Return the result if it is there, or takes no run; None if it takes one."""
        stored = self._looked_up(request)
        if stored is not None:
            return stored
        chain = self._chain_for_at_once(request)
        if chain is None:
            return None
        self._remember(request, chain)
        return self._answer_at_once(request, chain)

    def line_up(self, request: PropagationRequest, *, retry: bool = False) -> tuple[Resource, bool]:
        """Join or line up the run that will give the result; tell also if that is more to do."""
        verdict = self._runs.line_up(request, retry=retry)
        run = None if verdict == "complete" else self._runs.state(request.trajectory.digest)
        resource = self._finished(request) if run is None else self.resource_for(request, run)
        return resource, verdict in {"queued", "extended"}

    def left_at_once(self, request: PropagationRequest) -> int:
        """Estimate the bytes that answering at once would leave in Redis; 0 where it is there."""
        trajectory = request.trajectory
        if trajectory.is_default or not self._is_little(request, 0):
            return 0
        known = self._store.trajectory(trajectory.digest) is not None
        if known and (_is_bulky(request) or self._stored(request) is not None):
            return 0
        manifest_bytes = (
            0 if _is_bulky(request) else BYTES_AN_AGENT * len(trajectory.scenario.agents)
        )
        return manifest_bytes + len(trajectory.scenario.canonical)

    def is_awaited(self, request: PropagationRequest) -> bool:
        """Whether a run goes on that will reach as far, so that asking for it joins."""
        run = self._runs.state(request.trajectory.digest)
        if run is None or not run.is_under_way:
            return False
        return request.steps <= max((run.waiting or {}).values(), default=0)

    def give_up(self, request: PropagationRequest) -> None:
        """Stop waiting for a propagation; what was published meanwhile stays."""
        self._runs.cancel(request)

    def find(self, request: PropagationRequest) -> Resource | None:
        """Return what is known of a propagation, without starting anything; None if nothing."""
        return self._looked_up(request) or self._under_way(request) or self._settled(request)

    def open(self, request: PropagationRequest) -> Propagation:
        """Return the propagation of what is complete, or little enough to be computed now.

        Raises NotReady while a run is under way, else NotFound.
        """
        if self._stored(request) is None and self._chain_for_at_once(request) is None:
            raise self._absence(request)
        try:
            return self._opened.get(
                request.id, lambda: self._load(request, self._store.manifest(request.id))
            )
        except PropagationFailed as failed:
            raise NotFound(f"{failed} Ask for {failed.failure.iteration} steps or fewer.") from None

    def remove(self, request: PropagationRequest) -> None:
        """Cancel the run of a propagation, or delete its result; raises NotFound."""
        self._opened.forget(request.id)
        if not self._runs.cancel(request) and not self._store.delete(request):
            raise NotFound(f"There is no propagation {request.id} to cancel or delete.")

    def recent(self, count: int = 20) -> list[Resource]:
        """Return the results that were published last, the newest first."""
        found = (manifest.whole(known) for known in self._store.recent(count))
        return [resource for resource in found if resource is not None]

    def under_way(self) -> list[Resource]:
        """Return what is waited for, as one resource for each id."""
        found = []
        for run in self._runs.under_way():
            trajectory = self._store.trajectory(run.digest)
            if trajectory is not None:
                found += [
                    self.resource_for(PropagationRequest(steps, trajectory), run)
                    for steps in (run.waiting or {}).values()
                ]
        return found

    def resource_for(self, request: PropagationRequest, run: RunState) -> Resource:
        """Return the resource of a propagation whose run is in this state."""
        status = run.status_of(request.id, request.steps) or run.status
        if status is Status.COMPLETE:
            return self._finished(request)
        resource = of_run(request, run, status, self._settings.dashboard)
        begun = resource.cluster is not None or status not in {Status.QUEUED, Status.STARTING}
        if begun or resource.error is not None:
            return resource
        obstacle = self._runner_status.obstacle()
        return resource if obstacle is None else waiting_for(resource, obstacle)

    def _looked_up(self, request: PropagationRequest) -> Resource | None:
        """Return what is stored for whoever asks, and count whether there was something."""
        stored = self._stored(request)
        (RESULT_MISS if stored is None else RESULT_HIT).inc()
        return stored

    def _stored(self, request: PropagationRequest) -> Resource | None:
        document = self._store.document(request.id)
        return None if document is None else manifest.finished(document)

    def _under_way(self, request: PropagationRequest) -> Resource | None:
        run = self._runs.state(request.trajectory.digest)
        if run is None or run.status_of(request.id, request.steps) is None:
            return None
        return self.resource_for(request, run)

    def _settled(self, request: PropagationRequest) -> Resource | None:
        """Return what became of it while its run was looked for, or what is never stored."""
        return self._stored(request) or self._computed_again(request)

    def _finished(self, request: PropagationRequest) -> Resource:
        stored = self._stored(request)
        if stored is None:  # removed in the meantime
            raise NotFound(f"The propagation {request.id} was removed.")
        return stored

    # What is answered at once (docs/adr/0012).

    def _chain_for_at_once(self, request: PropagationRequest) -> list[ChainEntry] | None:
        """Return the stretches on which an answer at once rests; None if it takes a run."""
        if self._is_little(request, 0):
            return []
        chain = self._store.chain(request.trajectory.digest)
        needed = [entry for entry in chain if entry.first < _intervals(request)]
        return needed if self._is_little(request, needed[-1].end if needed else 0) else None

    def _is_little(self, request: PropagationRequest, intervals: int) -> bool:
        """Whether what remains of a request beyond so many stored intervals is done at once."""
        scenario = request.trajectory.scenario
        interval = interval_iterations(len(scenario.agents))
        remaining = request.steps - intervals * interval
        allowed = self._settings.inline_work
        if remaining <= 0 or work(remaining, scenario) <= allowed:
            return True
        return allowed > 0 and intervals > 0 and remaining < interval

    def _remember(self, request: PropagationRequest, chain: list[ChainEntry]) -> None:
        """Let the id of what was answered at once be resolved, as a run does for its own."""
        if not request.trajectory.is_default:
            self._store.remember(request, for_a_day=not chain)

    def _computed_again(self, request: PropagationRequest) -> Resource | None:
        """Return what is never stored, for it is soon found again: a little failure, or result."""
        if request.trajectory.is_default or not self._is_little(request, 0):
            return None
        started = perf_counter()
        try:
            opened = self._opened.get(request.id, lambda: self._load(request))
        except PropagationFailed as failed:
            return failed_for_good(request, failed.failure)
        if not _is_bulky(request):
            return None
        computed = self._computed(request, [], perf_counter() - started)
        return manifest.resource_of(manifest.read(manifest.compose(request, opened, computed)))

    def _answer_at_once(self, request: PropagationRequest, chain: list[ChainEntry]) -> Resource:
        started = perf_counter()
        try:
            opened = self._opened.get(request.id, lambda: self._load(request))
        except PropagationFailed as failed:
            return failed_for_good(request, failed.failure)
        except NotReady as not_ready:  # the chain was broken: a run makes it again
            return not_ready.resource
        computed = self._computed(request, chain, perf_counter() - started)
        document = manifest.compose(request, opened, computed)
        try:
            if chain or not _is_bulky(request):
                self._runs.publish_derived(request, document, chain)
        except (ChainBroken, StorageFull):
            # Right all the same; it is computed again for whoever asks next.
            self._opened.forget(request.id)
        return manifest.resource_of(manifest.read(document))

    def _computed(
        self, request: PropagationRequest, chain: list[ChainEntry], seconds: float
    ) -> manifest.Computed:
        interval = interval_iterations(len(request.trajectory.scenario.agents))
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        timings = Timings(
            asked_at=now,
            finished_at=now,
            running_s=seconds,
            total_s=seconds,
            where="inline",
            reused_steps=min(request.steps, chain[-1].end * interval) if chain else 0,
        )
        return manifest.Computed(by=self._name, timings=timings)

    # What is opened is verified.

    def _load(
        self, request: PropagationRequest, known: Mapping[str, Any] | None = None
    ) -> Propagation:
        """Open from the stored stretches, as the manifest says if there is one.

        Raises NotReady where too many stretches are lost, or manifest and trajectory disagree:
        what can't be honoured is withdrawn, and asked for again.
        """
        little = self._is_little(request, 0)
        stretches = (
            [] if little else self._store.stretches(request.trajectory, until=_intervals(request))
        )
        reached = stretches[-1].first + stretches[-1].count if stretches else 0
        if not self._is_little(request, reached):
            raise self._asked_again(request)
        opened = Propagation.open(request.trajectory, request.steps, stretches)
        if known is not None and not manifest.honours(opened, known):
            self._store.discard(request.trajectory)
            raise self._asked_again(request)
        return opened

    def _asked_again(self, request: PropagationRequest) -> NotReady:
        """Withdraw a result that can't be honoured, and ask for it again."""
        self._store.withdraw(request)
        return NotReady(self.ask(request))

    def _absence(self, request: PropagationRequest) -> NotReady | NotFound:
        """Say why a propagation can't be opened."""
        resource = self.find(request)
        if resource is None:
            return NotFound(f"Nobody has asked for {request.id} yet; open its page or POST it.")
        if not resource.status.is_over:
            return NotReady(resource)
        if resource.error is not None:
            return NotFound(f"There is no result of {request.id}: {resource.error.detail}")
        return NotFound(f"The propagation {request.id} was cancelled; ask for it again.")


def _is_bulky(request: PropagationRequest) -> bool:
    """Whether a manifest is so long that, where it is soon made again, it is not stored."""
    return len(request.trajectory.scenario.agents) > KEPT_AGENTS


def _intervals(request: PropagationRequest) -> int:
    """Return how many intervals, the last perhaps partial, a request reaches into."""
    return -(-request.steps // interval_iterations(len(request.trajectory.scenario.agents)))
