"""The results of ensembles: computed at once where they are small, and read from what is stored.

- What a manifest rests on is verified by the checksums that it names. Where that is missing or
  damaged, the manifest is withdrawn and the ensemble is computed again.
- The table of members is read from blocks, which have a TTL. Those of a small ensemble are computed
  again when they are asked for.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from datetime import UTC, datetime
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from frontend.caching import SingleFlightCache
from frontend.domain import manifest
from frontend.domain.resource import EstimateView, Timings
from frontend.errors import NotFound, NotReady, StorageError, StorageFull
from frontend.results.ensemble_store import MEMBERS, NOMINAL, SUMMARY, packed, unpacked
from sim.calibration import speed_for
from sim.cost_model import ensemble_seconds
from sim.engine import checksum
from sim.ensemble.computed import ComputedEnsemble, compute
from sim.ensemble.members import unpack_members
from sim.ensemble.table import table_of
from sim.errors import IntegrityError
from sim.estimates import estimate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    import pyarrow as pa

    from frontend.admission import Admission
    from frontend.domain.resource import Resource
    from frontend.propagations.inline_rule import InlineRule
    from frontend.results.ensemble_store import BlockEntry, EnsembleStore
    from frontend.results.trajectory_store import TrajectoryStore
    from frontend.runs.run_queue import RunQueue
    from frontend.settings import Settings
    from sim.kernel.lanes import Members
    from sim.scenario import PropagationRequest

__all__ = ["Ensembles", "estimated"]

SUMMARIES_BYTES: Final = 4 * 2**20  # one of sixteen agents has 3 MB
PARTS_BYTES: Final = 8 * 2**20  # packed densities: up to 3 MB each
GONE_RETRY_AFTER_S: Final = 10  # once they are asked for again
COMPUTED_BYTES: Final = 8 * 2**20  # of ensembles that were computed at once


def estimated(
    request: PropagationRequest, max_workers: int, *, workers: int | None = None
) -> EstimateView:
    """Return what an ensemble is expected to take here, with `workers` if they are given.

    0 are for an answer at once, which more workers would only delay.
    """
    speed = speed_for(request)
    expected = estimate(request, max_workers=max_workers, workers=workers, speed=speed)
    return EstimateView(
        workers=expected.workers,
        seconds=expected.seconds,
        core_seconds=expected.core_seconds,
        more_workers_help=expected.workers > 0 and expected.more_workers_help,
    )


class Ensembles:
    """The ensembles of one installation; thread-safe, raises FrontendErrors only.

    `repair` computes a result again, or starts its run, and withdraws the manifest with these
    bytes.
    """

    def __init__(
        self,
        settings: Settings,
        rule: InlineRule,
        store: TrajectoryStore,
        ensembles: EnsembleStore,
        runs: RunQueue,
        admission: Admission,
        repair: Callable[[PropagationRequest, bytes | None], Resource],
    ) -> None:
        self._settings = settings
        self._rule = rule
        self._store = store
        self._ensembles = ensembles
        self._runs = runs
        self._admission = admission
        self._repair = repair
        self._summaries = SingleFlightCache[bytes](SUMMARIES_BYTES, len)
        self._parts = SingleFlightCache[bytes](PARTS_BYTES, len)
        self._computed = SingleFlightCache[ComputedEnsemble](COMPUTED_BYTES, lambda one: one.nbytes)
        self._name = f"{socket.gethostname()}-{os.getpid()}"

    # Computed at once.

    def compute(self, request: PropagationRequest, *, is_repair: bool = False) -> Resource:
        """Compute a small ensemble, and publish it."""
        self._store.remember(request, for_a_day=not is_repair)
        started = perf_counter()
        with self._turn(request):
            ensemble = self._computed_now(request)
            population, document = ensemble.population, ensemble.document()
            parts = population.parts() | {
                SUMMARY: packed(document),
                NOMINAL: ensemble.nominal.to_bytes(),
            }
            result = population.result(document)
        taken_s = perf_counter() - started
        timings = _timings(taken_s, ensemble.core_s)
        composed = manifest.compose_ensemble(
            request,
            result,
            manifest.Computed(by=self._name, timings=timings),
            parts=parts,
            estimate=estimated(request, self._settings.max_workers, workers=0).after(taken_s),
        )
        with suppress(StorageFull):  # the result is right all the same
            self._ensembles.put_result(request, parts)
            self._runs.publish_derived(
                request, composed, is_repair=is_repair, parts_bytes=sum(map(len, parts.values()))
            )
        with suppress(StorageError):  # so it is; the next one tries again
            self._store.trim()
        return manifest.resource_of(manifest.read(composed))

    def _turn(self, request: PropagationRequest) -> AbstractContextManager[None]:
        return self._admission.admit(ensemble_seconds(request))

    def _computed_now(self, request: PropagationRequest) -> ComputedEnsemble:
        """Compute a small ensemble, remembered for the next reader."""
        return self._computed.get(request.id, lambda: compute(request, threads=1))

    # What is stored of a result.

    def result_digest(self, request: PropagationRequest) -> str | None:
        """Return the digest of a manifest's `result`, for ETags; None where there is none."""
        known = self._known(request)
        return None if known is None else manifest.digest_of(known["result"])

    def checksum(self, request: PropagationRequest) -> str | None:
        """Return the SHA-256 of an ensemble's summary; None where there is no result."""
        known = self._known(request)
        return None if known is None else known["result"]["content"]["summary"]

    def _known(self, request: PropagationRequest) -> dict[str, Any] | None:
        """Return the manifest; one that is damaged is computed again, or NotReady is raised."""
        document = self._store.document(request.id)  # once: it may be published at any moment
        if document is None:
            return None
        known = manifest.sealed(document, request.id)
        if known is not None or manifest.is_of_another_model(document):
            return known
        resource = self._repair(request, document)
        if not resource.status.is_over:
            raise NotReady(resource)
        return self._store.manifest(request.id)

    def summary(self, request: PropagationRequest) -> bytes | None:
        """Return the JSON document of a complete ensemble; None where there is none.

        Raises NotReady where it is damaged, and computed again.
        """
        data = self.part(request, SUMMARY)
        if data is None:
            return None
        return self._summaries.get(checksum(data), lambda: unpacked(data))

    def part(self, request: PropagationRequest, name: str) -> bytes | None:
        """Return a part of a complete ensemble; None where there is no result, or no such part."""
        known = self._known(request)
        wanted = None if known is None else known["computed"].get("parts", {}).get(name)
        if wanted is None:
            return None
        data = self._parts.find(wanted)
        if data is None:
            data = self._ensembles.result_part(request.id, name)
            if data is None or checksum(data) != wanted:
                return self._repaired(request, name)
            self._parts.keep(wanted, data)
        return data

    def _repaired(self, request: PropagationRequest, name: str) -> bytes | None:
        """Compute a result again whose parts are damaged; return the part, or raise NotReady."""
        resource = self._repair(request, self._store.document(request.id))
        if not resource.status.is_over:
            raise NotReady(resource)
        return self._ensembles.result_part(request.id, name)

    def partial(self, request: PropagationRequest, name: str = SUMMARY) -> bytes | None:
        """Return a part of what is known while the run goes on; None where there is none."""
        data = self._ensembles.partial_part(request.id, name)
        return unpacked(data) if data is not None and name == SUMMARY else data

    # Members.

    def table(
        self, request: PropagationRequest, *, first_member: int = 0
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows of `members`, block by block; raises NotFound as it does."""
        blocks = self.members(request, first_member=first_member)
        return (table_of(request, first, members) for first, members in blocks)

    def members(
        self, request: PropagationRequest, *, first_member: int = 0
    ) -> Iterator[tuple[int, Members]]:
        """Yield all members at their ends, in blocks: the first one's number, and they.

        Blocks that are before `first_member` are not read. Raises NotFound before the first where
        members are not kept any more, and too many to be computed again now.
        """
        if self._rule.covers(request):
            with self._turn(request):
                return self._computed_now(request).members()
        entries = self._ensembles.not_lost(request)
        if not _are_all(request, entries):
            raise NotFound(GONE, retry_after_s=GONE_RETRY_AFTER_S)
        if not all(one.is_kept for one in entries):
            raise NotFound(TOO_MANY)
        return self._all_stored(request, [one for one in entries if one.end > first_member])

    def _all_stored(
        self, request: PropagationRequest, entries: list[BlockEntry]
    ) -> Iterator[tuple[int, Members]]:
        for entry in entries:
            members = self._stored_members(request, entry)
            if members is None:
                self._ensembles.drop(request, entry)
                raise NotFound(GONE, retry_after_s=GONE_RETRY_AFTER_S)
            yield entry.first, members

    def _stored_members(self, request: PropagationRequest, entry: BlockEntry) -> Members | None:
        """Return the members of a block; None where it is damaged, or gone."""
        data = self._ensembles.part_of_block(request, entry, MEMBERS)
        with suppress(IntegrityError):
            if data is not None:
                return unpack_members(request, entry.first, entry.count, data)[0]
        return None

    def has_members(self, request: PropagationRequest) -> bool:
        """Whether `members` raises nothing, as far as is known without reading or computing."""
        if self._rule.covers(request):
            return True
        entries = self._ensembles.not_lost(request)
        return _are_all(request, entries) and all(one.is_kept for one in entries)

    def lacks_members(self, request: PropagationRequest) -> bool:
        """Whether members are to be computed again before they can be read.

        Not those that there was no room for: they would not be kept the next time either.
        """
        return not (
            self._rule.covers(request) or _are_all(request, self._ensembles.not_lost(request))
        )


GONE: Final = (
    "The members of this ensemble are not kept any more. POST it again: they are computed again, "
    "and its result stays as it is."
)
TOO_MANY: Final = (
    "The members of this ensemble take more memory than a run may use for them "
    "(PORTA_SLICE_BUDGET). Its result is complete; for a table, ask for fewer members."
)


def _are_all(request: PropagationRequest, entries: list[BlockEntry]) -> bool:
    return sum(one.count for one in entries) == request.members


def _timings(running_s: float, core_s: float) -> Timings:
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return Timings(
        asked_at=now,
        finished_at=now,
        running_s=running_s,
        total_s=running_s,
        where="inline",
        core_s=core_s,
    )
