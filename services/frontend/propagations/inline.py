"""Results that need no run: computed at once by the process that is asked (docs/adr/0012)."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime
from time import perf_counter
from typing import TYPE_CHECKING, Final

from frontend.domain import manifest
from frontend.domain.resource import Timings
from frontend.errors import ChainBroken, StorageFull
from frontend.propagations.inline_rule import is_bulky
from frontend.propagations.run_resource import failed_for_good
from sim.errors import PropagationFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from frontend.domain.resource import Resource
    from frontend.domain.run import ChainEntry
    from frontend.propagations.inline_rule import InlineRule
    from frontend.propagations.opener import Opener
    from frontend.results.trajectory_store import TrajectoryStore
    from frontend.runs.run_queue import RunQueue
    from sim.scenario import PropagationRequest

__all__ = ["InlineResults"]

BYTES_AN_AGENT: Final = 1_300  # of a manifest


class InlineResults:
    """Computes small requests, and those that a stored trajectory covers."""

    def __init__(
        self, rule: InlineRule, store: TrajectoryStore, runs: RunQueue, opener: Opener
    ) -> None:
        self._rule = rule
        self._store = store
        self._runs = runs
        self._opener = opener
        self._name = f"{socket.gethostname()}-{os.getpid()}"

    def basis(
        self, request: PropagationRequest, *, has_stretches: bool = True
    ) -> list[ChainEntry] | None:
        """Return the stored stretches that an inline result rests on; None if it takes a run.

        `has_stretches`: False where the caller knows that none are stored.
        """
        if self._rule.covers(request):
            return []
        chain = self._store.chain(request.trajectory.digest) if has_stretches else []
        until = request.trajectory.intervals_for(request.steps)
        needed = [entry for entry in chain if entry.first < until]
        return needed if self._rule.covers(request, needed[-1].end if needed else 0) else None

    def stored_bytes(self, request: PropagationRequest) -> int:
        """Estimate the bytes that an inline result without a manifest will leave in Redis.

        That of the default trajectory, and one that rests on stored stretches, count as none.
        """
        trajectory = request.trajectory
        if trajectory.is_default or not self._rule.covers(request):
            return 0
        if not is_bulky(request):
            agents = len(trajectory.scenario.agents)
            return BYTES_AN_AGENT * agents + len(trajectory.scenario.canonical)
        is_known = self._store.trajectory(trajectory.digest) is not None
        return 0 if is_known else len(trajectory.scenario.canonical)

    def compute(self, request: PropagationRequest, basis: Sequence[ChainEntry]) -> Resource:
        """Compute a result, and publish it unless it is bulky; raises Unsupported."""
        if not request.trajectory.is_default:  # so that its id can be resolved
            self._store.remember(request, for_a_day=not basis)
        computed = self._manifest_or_failure(request, basis)
        if not isinstance(computed, bytes):
            return computed
        if basis or not is_bulky(request):
            try:
                self._runs.publish_derived(request, computed, basis)
            except (ChainBroken, StorageFull):  # the result is right all the same
                self._opener.forget(request)
        return manifest.resource_of(manifest.read(computed))

    def recompute(self, request: PropagationRequest) -> Resource | None:
        """Return a result that is never stored because it is soon computed: bulky, or a failure.

        None where the request is of another kind.
        """
        if request.trajectory.is_default or not self._rule.covers(request):
            return None
        computed = self._manifest_or_failure(request, [])
        if not isinstance(computed, bytes):
            return computed
        return manifest.resource_of(manifest.read(computed)) if is_bulky(request) else None

    def _manifest_or_failure(
        self, request: PropagationRequest, basis: Sequence[ChainEntry]
    ) -> bytes | Resource:
        started = perf_counter()
        try:
            opened = self._opener.open(request)
        except PropagationFailed as failed:
            return failed_for_good(request, failed.failure)
        timings = _timings(request, basis, perf_counter() - started)
        return manifest.compose(request, opened, manifest.Computed(by=self._name, timings=timings))


def _timings(request: PropagationRequest, basis: Sequence[ChainEntry], running_s: float) -> Timings:
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    stored = basis[-1].end * request.trajectory.interval if basis else 0
    return Timings(
        asked_at=now,
        finished_at=now,
        running_s=running_s,
        total_s=running_s,
        where="inline",
        reused_steps=min(request.steps, stored),
    )
