"""Opens propagations from what is stored, verified, and keeps the last few for the next reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from frontend.caching import SingleFlightCache
from frontend.domain import manifest
from sim.engine import Propagation

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from frontend.admission import Admission
    from frontend.propagations.inline_rule import InlineRule
    from frontend.results.trajectory_store import TrajectoryStore
    from sim.scenario import PropagationRequest

__all__ = ["Opener", "Unsupported"]

BUDGET_BYTES: Final = 128 * 2**20  # six of 1e8 steps of two agents; a pod has 1 GiB
LOAD_S: Final = 0.01  # to read the stretches of 1e8 steps from Redis, and to verify them


class Unsupported(Exception):
    """What is stored does not support a result: stretches are lost, or contradict its manifest."""


class Opener:
    """Propagations by id, opened once however many readers there are; thread-safe."""

    def __init__(self, rule: InlineRule, store: TrajectoryStore, admission: Admission) -> None:
        self._rule = rule
        self._store = store
        self._admission = admission
        self._opened = SingleFlightCache[Propagation](BUDGET_BYTES, lambda opened: opened.nbytes)

    def open(self, request: PropagationRequest, *, is_published: bool = False) -> Propagation:
        """Open a propagation; if it `is_published`, hold it to its manifest.

        Raises Unsupported, PropagationFailed where the trajectory ends before its last step, and
        Busy.
        """
        opened = self._opened.find(request.id)
        if opened is not None:
            return opened
        # The turn comes first: those that wait for another thread to load it are few.
        with self.admit(request):
            return self._opened.get(
                request.id, lambda: self._load(request, is_published=is_published)
            )

    def admit(
        self, request: PropagationRequest, *, more_s: float = 0.0
    ) -> AbstractContextManager[None]:
        """Return a turn to open it, and for so many seconds more; entering it raises Busy."""
        return self._admission.admit(self._seconds(request) + more_s)

    def forget(self, request: PropagationRequest) -> None:
        """Open it anew the next time."""
        self._opened.forget(request.id)

    def _seconds(self, request: PropagationRequest) -> float:
        """Estimate how long it takes: what is stored is read, and the rest is computed."""
        computed = request.steps
        if not self._rule.covers(request):
            computed = min(computed, request.trajectory.interval)
        return LOAD_S + request.trajectory.scenario.pass_seconds(computed)

    def _load(self, request: PropagationRequest, *, is_published: bool) -> Propagation:
        stretches = []
        if not self._rule.covers(request):
            until = request.trajectory.intervals_for(request.steps)
            stretches = self._store.stretches(request.trajectory, until=until)
        reached = stretches[-1].first + stretches[-1].count if stretches else 0
        if not self._rule.covers(request, reached):
            raise Unsupported
        opened = Propagation.open(request.trajectory, request.steps, stretches)
        # The manifest is read here, since another thread may just have withdrawn the caller's.
        document = self._store.manifest(request.id) if is_published else None
        if document is not None and not manifest.honours(opened, document):
            checkpoints = document["result"].get("checkpoints_checksum")
            if stretches and checkpoints != opened.checkpoints_checksum:
                self._store.discard(request.trajectory)
            raise Unsupported
        return opened
