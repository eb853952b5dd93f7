"""Verifies a stored result: its manifest, what that rests on, and that both are as computed again.

It only reads. What a page would repair or withdraw when it is read stays as it is, and is reported.
"""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import orjson

from frontend.domain import manifest
from frontend.results.ensemble_store import MEMBERS
from sim.calibration import lane_speed
from sim.cost_model import ensemble_seconds, member_seconds
from sim.engine import checksum
from sim.ensemble.block import compute_block
from sim.ensemble.computed import compute
from sim.ensemble.members import unpack_members
from sim.ensemble.nominal import nominal_of
from sim.ensemble.table import table_of
from sim.errors import IntegrityError, VerificationError
from sim.verification.comparing import first_difference
from sim.verification.outcome import Difference, Verification
from sim.verification.remade import refuse_too_much
from sim.verification.results import Archived, told_differences, verify_run

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from frontend.results.ensemble_store import BlockEntry, EnsembleStore
    from frontend.results.trajectory_store import TrajectoryStore
    from sim.ensemble.nominal import Nominal
    from sim.scenario import PropagationRequest
    from sim.verification.effort import Effort

__all__ = ["verify_stored"]


def verify_stored(
    store: TrajectoryStore, ensembles: EnsembleStore, request: PropagationRequest, effort: Effort
) -> Verification:
    """Verify the stored result of a request; raises VerificationError where there is none.

    Also where it is of another version of its model.
    """
    document = store.document(request.id)
    if document is None:
        raise VerificationError(
            request.id,
            "has no stored result, so there is nothing to verify. A small one is computed anew by "
            "each that asks; `porta export` writes one as a file.",
        )
    if manifest.is_of_another_model(document):
        version = request.trajectory.scenario.model.version
        raise VerificationError(request.id, f"is of another version of its model than {version}.")
    refuse_too_much(request, effort, request.id)
    known = manifest.sealed(document, request.id)
    if known is None or known["request"] != orjson.loads(orjson.dumps(request.to_json())):
        return _broken(request)
    if request.is_ensemble:
        return _Ensemble(ensembles, request, known, effort).verified()
    return verify_run(request, known["result"], _archived(store, request), effort, what=request.id)


def _broken(request: PropagationRequest) -> Verification:
    """Return the outcome for a manifest that does not have its own checksum."""
    difference = Difference(
        where="the manifest", stored="bytes that its own checksum denies", recomputed="as it was"
    )
    return Verification(
        what=request.id,
        id=request.id,
        share="the manifest's own checksum",
        is_all=False,
        differences=(difference,),
    )


def _archived(store: TrajectoryStore, request: PropagationRequest) -> list[Archived]:
    """Return the stretches that the result rests on, which are read one by one."""
    digest, until = request.digest, request.trajectory.intervals_for(request.steps)
    return [
        Archived(entry.first, entry.count, partial(store.stretch_bytes, digest, position))
        for position, entry in enumerate(store.chain(digest))
        if entry.first < until
    ]


class _Ensemble:
    """An ensemble's manifest, its parts and its members' blocks, as they are stored."""

    def __init__(
        self,
        store: EnsembleStore,
        request: PropagationRequest,
        known: dict[str, Any],
        effort: Effort,
    ) -> None:
        self._store = store
        self._request = request
        self._known = known
        self._effort = effort
        self._differences: list[Difference] = []
        self._notes: list[str] = []

    def verified(self) -> Verification:
        takes_s = ensemble_seconds(self._request) / lane_speed()
        is_all = self._effort.takes_all(takes_s)
        self._look_at_parts()
        if is_all:
            self._compute()
        looked_at = self._request.members if is_all else self._sample()
        return Verification(
            what=self._request.id,
            id=self._request.id,
            share=self._effort.share(looked_at, self._request.members, "member"),
            is_all=is_all,
            differences=tuple(self._differences),
            notes=tuple(self._notes),
        )

    def _look_at_parts(self) -> None:
        """Hold the stored parts to the checksums that the manifest has of them."""
        for name, wanted in self._known["computed"].get("parts", {}).items():
            data = self._store.result_part(self._request.id, name)
            found = "nothing" if data is None else checksum(data)
            if found != wanted:
                self._found(f"the part {name} of its result", found, wanted)

    def _compute(self) -> None:
        """Compute all members again, and compare what is told and kept of them."""
        ensemble = compute(
            self._request,
            on_progress=lambda done: self._effort.on_progress(done / self._request.members),
        )
        result = ensemble.population.result(ensemble.document())
        self._differences += told_differences(self._known["result"], result)
        table = ensemble.table().combine_chunks().to_batches()[0]
        for entry in self._store.entries(self._request):
            start, count = entry.first * self._agents, entry.count * self._agents
            self._look_at_block(entry, [table.slice(start, count)])

    def _sample(self) -> int:
        """Compute some of the members that are kept; return how many."""
        kept = [m for entry in self._store.entries(self._request) for m in _members(entry)]
        if not kept:
            self._notes.append(
                "Its members are not kept any more, so none was recomputed: only the checksums of "
                "its parts were looked at. --all recomputes everything."
            )
            return 0
        count = self._effort.count(member_seconds(self._request) / lane_speed(), len(kept))
        chosen = self._effort.sampled(kept, min(count, 64), self._request.id)
        for entry in self._store.entries(self._request):
            within = [m for m in chosen if entry.first <= m < entry.end]
            self._look_at_block(entry, map(self._rows_of, within))
        return len(chosen)

    def _rows_of(self, member: int) -> pa.RecordBatch:
        """Return the rows of a member, computed again."""
        block = compute_block(self._request, self._nominal, member, 1)
        return table_of(self._request, member, block.members(self._request))

    def _look_at_block(self, entry: BlockEntry, remade: Iterable[pa.RecordBatch]) -> None:
        """Compare rows of a block with the same ones, computed again."""
        data = self._store.part_of_block(self._request, entry, MEMBERS)
        name = f"the block from member {entry.first:,} on"
        if data is None:
            self._found(name, "missing, or with another checksum", "members")
            return
        try:
            stored, _ = unpack_members(self._request, entry.first, entry.count, data)
        except IntegrityError as error:
            self._found(name, f"can't be read: {error.what}", "members")
            return
        rows = table_of(self._request, entry.first, stored)
        for mine in remade:
            first = mine.column("member")[0].as_py()
            at = (first - entry.first) * self._agents
            its = rows.slice(at, mine.num_rows)
            difference = first_difference(mine, its, first * self._agents)
            if difference is not None:
                self._differences.append(difference)
                return

    @property
    def _agents(self) -> int:
        return len(self._request.trajectory.scenario.agents)

    @cached_property
    def _nominal(self) -> Nominal:
        return nominal_of(self._request)

    def _found(self, where: str, stored: str, recomputed: str) -> None:
        self._differences.append(Difference(where=where, stored=stored, recomputed=recomputed))


def _members(entry: BlockEntry) -> range:
    return range(entry.first, entry.end)
