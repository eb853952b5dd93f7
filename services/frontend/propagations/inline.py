"""Results that need no run: computed at once by the process that is asked (docs/adr/0097).

A result is computed and written as JSON in one turn of the admission. The last few are remembered.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from datetime import UTC, datetime
from time import perf_counter
from typing import TYPE_CHECKING, Final, NamedTuple

from frontend.caching import SingleFlightCache
from frontend.domain import manifest
from frontend.domain.resource import Timings
from frontend.errors import ChainBroken, StorageError, StorageFull
from frontend.propagations.inline_rule import is_bulky
from frontend.propagations.opener import Unsupported
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
PARTS_BYTES: Final = 70_000  # of an ensemble's analysed agent, whose summary has 512 grid times
MEMBER_BYTES: Final = 750  # that each of the first members adds to them: more bins are occupied
MOST_PARTS_BYTES: Final = 420_000  # 1,000 members of 1,000 steps; more members share their bins
COMPOSE_S: Final = 4e-4  # for each agent, to write a manifest and to read it as a resource
REMEMBERED_BYTES: Final = 32 * 2**20  # of results: four of 1,000 agents


class _Computed(NamedTuple):
    """A result, and its manifest: None for a trajectory that ends before its last step."""

    resource: Resource
    document: bytes | None

    @property
    def nbytes(self) -> int:
        return (manifest.PARSED + 1) * len(self.resource.document)


class InlineResults:
    """Computes small requests, and those that a stored trajectory covers."""

    def __init__(
        self, rule: InlineRule, store: TrajectoryStore, runs: RunQueue, opener: Opener
    ) -> None:
        self._rule = rule
        self._store = store
        self._runs = runs
        self._opener = opener
        self._computed = SingleFlightCache[_Computed](REMEMBERED_BYTES, lambda one: one.nbytes)
        self._name = f"{socket.gethostname()}-{os.getpid()}"

    def basis(
        self, request: PropagationRequest, *, has_stretches: bool = True
    ) -> list[ChainEntry] | None:
        """Return the stored stretches that an inline result rests on; None if it takes a run.

        `has_stretches`: False where the caller knows that none are stored.
        """
        if self._rule.covers(request):
            return []
        chain = self._store.chain(request.digest) if has_stretches else []
        until = request.trajectory.intervals_for(request.steps)
        needed = [entry for entry in chain if entry.first < until]
        return needed if self._rule.covers(request, needed[-1].end if needed else 0) else None

    def stored_bytes(self, request: PropagationRequest) -> int:
        """Estimate the bytes that an inline result will leave in Redis, to be charged for.

        Those of the default trajectory are nobody's own, and count as none.
        """
        if request.is_default:
            return 0
        bulky = is_bulky(request) and not request.is_ensemble
        size = 0 if bulky else BYTES_AN_AGENT * len(request.trajectory.scenario.agents)
        if request.is_ensemble:
            an_agent = min(PARTS_BYTES + MEMBER_BYTES * request.members, MOST_PARTS_BYTES)
            size += an_agent * len(request.analysed)
        is_known = bulky and self._store.subject(request.digest) is not None
        return size if is_known else size + len(request.subject.canonical)

    def compute(
        self, request: PropagationRequest, basis: Sequence[ChainEntry], *, is_repair: bool = False
    ) -> Resource:
        """Compute a result, and publish it unless it is bulky; raises Unsupported.

        Also a bulky one that a run published, where this is a repair of it. What all such results
        keep in Redis stays within its share: the oldest go.
        """
        if not request.is_default:  # so that its id can be resolved
            self._store.remember(request, for_a_day=not is_repair)
        computed = self._admitted(request, basis)
        is_kept = not is_bulky(request) or (is_repair and bool(basis))
        if computed.document is not None and is_kept:
            try:
                self._runs.publish_derived(request, computed.document, basis, is_repair=is_repair)
            except (ChainBroken, StorageFull):  # the result is right all the same
                self.forget(request)
        with suppress(StorageError):  # so it is; the next one tries again
            self._store.trim()
        return computed.resource

    def recompute(
        self,
        request: PropagationRequest,
        *,
        has_stretches: bool = True,
        was_awaited: bool = False,
    ) -> Resource | None:
        """Return a result that is not stored because it is soon computed: bulky, or a failure.

        Also one that `was_awaited`, of a crowded run that is done. None where the request is of
        another kind, for which Redis is not called.
        """
        if request.is_ensemble:  # it is stored, or asked for again
            return None
        if is_bulky(request) or was_awaited:
            basis = self.basis(request, has_stretches=has_stretches)
        else:
            is_small = not request.is_default and self._rule.covers(request)
            basis = [] if is_small else None
        if basis is None:
            return None
        try:
            computed = self._admitted(request, basis)
        except Unsupported:  # its stretches are damaged: to be asked for again
            return None
        is_unstored = is_bulky(request) or was_awaited or computed.document is None
        return computed.resource if is_unstored else None

    def forget(self, request: PropagationRequest) -> None:
        """Compute it anew the next time."""
        self._computed.forget(request.id)
        self._opener.forget(request)

    def _admitted(self, request: PropagationRequest, basis: Sequence[ChainEntry]) -> _Computed:
        """Compute a result once, when it is the caller's turn; raises Busy and Unsupported."""
        known = self._computed.find(request.id)
        if known is not None:
            return known
        compose_s = COMPOSE_S * len(request.trajectory.scenario.agents)
        with self._opener.admit(request, more_s=compose_s):
            return self._computed.get(request.id, lambda: self._compute(request, basis))

    def _compute(self, request: PropagationRequest, basis: Sequence[ChainEntry]) -> _Computed:
        started = perf_counter()
        try:
            opened = self._opener.open(request)
        except PropagationFailed as failed:
            return _Computed(failed_for_good(request, failed.failure), None)
        timings = _timings(request, basis, perf_counter() - started)
        composed = manifest.compose(
            request, opened, manifest.Computed(by=self._name, timings=timings)
        )
        return _Computed(manifest.resource_of(manifest.read(composed)), composed)


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
