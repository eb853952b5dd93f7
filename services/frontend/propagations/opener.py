"""Opens propagations from what is stored, verified, and keeps the last few for the next reader.

- One of many agents is opened at a level at which it takes at most `FINE_BYTES`: its figures are
  then coarser. One that takes more than all have together at its coarsest level is refused.
- Those whose stretches take much memory while they are read are loaded one at a time.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from frontend.admission import give_back
from frontend.caching import SingleFlightCache
from frontend.domain import manifest
from frontend.errors import BadRequest
from sim.cost_model import opened_bytes, opened_level, opened_seconds
from sim.engine import Propagation

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from frontend.admission import Admission
    from frontend.propagations.inline_rule import InlineRule
    from frontend.results.trajectory_store import TrajectoryStore
    from sim.scenario import PropagationRequest

__all__ = ["BUDGET_BYTES", "Opener", "Unsupported"]

BUDGET_BYTES: Final = 96 * 2**20  # four of 1e8 steps of two agents
FINE_BYTES: Final = 64 * 2**20  # what one has at most, unless its coarsest level has more
LARGE_BYTES: Final = 32 * 2**20  # before it is coarsened: a stretch takes some three times its size
LOAD_S: Final = 0.01  # to read the stretches of 1e8 steps from Redis, and to verify them


class Unsupported(Exception):
    """What is stored does not support a result: stretches are lost, or contradict its manifest."""


class Opener:
    """Propagations by id, opened once however many readers there are; thread-safe.

    Those that are kept have at most `budget_bytes`, and so has any one of them.
    """

    def __init__(
        self,
        rule: InlineRule,
        store: TrajectoryStore,
        admission: Admission,
        *,
        budget_bytes: int = BUDGET_BYTES,
    ) -> None:
        self._rule = rule
        self._store = store
        self._admission = admission
        self._budget_bytes = budget_bytes
        self._opened = SingleFlightCache[Propagation](budget_bytes, lambda opened: opened.nbytes)
        self._one_at_a_time = threading.Lock()

    def open(self, request: PropagationRequest, *, is_published: bool = False) -> Propagation:
        """Open a propagation; if it `is_published`, hold it to its manifest.

        Raises Unsupported, PropagationFailed where the trajectory ends before its last step,
        BadRequest where it takes too much memory, and Busy.
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
        return self._admission.admit(
            self._seconds(request) + more_s, held_bytes=self.held_bytes(request)
        )

    def held_bytes(self, request: PropagationRequest) -> int:
        """Return how much a propagation takes in memory if that is much, else 0."""
        scenario, steps = request.trajectory.scenario, request.steps
        if opened_bytes(scenario, steps) <= LARGE_BYTES:
            return 0
        return opened_bytes(scenario, steps, self._least_level(request))

    def forget(self, request: PropagationRequest) -> None:
        """Open it anew the next time."""
        self._opened.forget(request.id)

    def _seconds(self, request: PropagationRequest) -> float:
        """Estimate how long it takes: what is stored is read, and the rest is computed."""
        scenario = request.trajectory.scenario
        if self._rule.covers(request):
            return LOAD_S + opened_seconds(scenario, request.steps)
        return LOAD_S + scenario.pass_seconds(min(request.steps, scenario.interval))

    def _load(self, request: PropagationRequest, *, is_published: bool) -> Propagation:
        scenario = request.trajectory.scenario
        least_level = self._least_level(request)
        needed_bytes = opened_bytes(scenario, request.steps, least_level)
        if needed_bytes > self._budget_bytes:
            raise BadRequest(
                f"To be read, {request.id} would take {needed_bytes / 2**20:,.0f} MiB of memory, "
                f"more than the {self._budget_bytes / 2**20:,.0f} MiB that there are for it here "
                "(half of PORTA_READ_MEMORY); ask for fewer steps or agents."
            )
        if opened_bytes(scenario, request.steps) <= LARGE_BYTES:
            return self._load_at(request, least_level, is_published=is_published)
        with self._one_at_a_time:
            try:
                return self._load_at(request, least_level, is_published=is_published)
            finally:
                give_back()

    def _least_level(self, request: PropagationRequest) -> int:
        budget_bytes = min(FINE_BYTES, self._budget_bytes)
        return opened_level(request.trajectory.scenario, request.steps, budget_bytes)

    def _load_at(
        self, request: PropagationRequest, least_level: int, *, is_published: bool
    ) -> Propagation:
        stretches = []
        if not self._rule.covers(request):
            until = request.trajectory.intervals_for(request.steps)
            stretches = self._store.stretches(
                request.trajectory, until=until, least_level=least_level
            )
        reached = stretches[-1].first + stretches[-1].count if stretches else 0
        if not self._rule.covers(request, reached):
            raise Unsupported
        opened = Propagation.open(
            request.trajectory, request.steps, stretches, least_level=least_level
        )
        # The manifest is read here, since another thread may just have withdrawn the caller's.
        document = self._store.manifest(request.id) if is_published else None
        if document is not None and not manifest.honours(opened, document):
            checkpoints = document["result"].get("checkpoints_checksum")
            if stretches and checkpoints != opened.checkpoints_checksum:
                self._store.discard(request.trajectory)
            raise Unsupported
        return opened
