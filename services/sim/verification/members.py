"""The table of an ensemble's members, computed again: as a whole, or some members alone."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from sim.calibration import lane_speed
from sim.cost_model import ensemble_seconds, member_seconds
from sim.ensemble.block import compute_block
from sim.ensemble.computed import compute
from sim.ensemble.nominal import nominal_of
from sim.ensemble.paging import page
from sim.ensemble.table import table_of, table_schema
from sim.ensemble.whole_table import whole_table
from sim.errors import RequestError, VerificationError
from sim.export.metadata import described
from sim.export.tables import TABLES
from sim.strictjson import canonical_json
from sim.verification.remade import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa

    from sim.ensemble.computed import ComputedEnsemble
    from sim.ensemble.nominal import Nominal
    from sim.export import Format
    from sim.export.metadata import Metadata
    from sim.scenario import PropagationRequest
    from sim.verification.effort import Effort

__all__ = ["RemadeMembers"]


@dataclass(frozen=True, kw_only=True)  # no slots: what is computed is cached
class RemadeMembers:
    """The rows of all members, or of those that are chosen, in the order that is chosen."""

    metadata: Metadata
    effort: Effort
    what: str

    @property
    def _request(self) -> PropagationRequest:
        return self.metadata.request

    @property
    def schema(self) -> pa.Schema:
        """The columns, with the metadata of the file."""
        return described(table_schema(self._request.trajectory.scenario), self.metadata)

    @property
    def unit(self) -> str:
        """What a sample is of."""
        return "member"

    @property
    def units(self) -> int:
        """How many members there are."""
        return self._request.members

    @property
    def seconds(self) -> float:
        """What it takes to compute all members."""
        return ensemble_seconds(self._request) / lane_speed() / (os.cpu_count() or 1)

    @property
    def _agents(self) -> int:
        return len(self._request.trajectory.scenario.agents)

    @property
    def _is_plain(self) -> bool:
        """Whether it has all rows, in the order of members."""
        chosen = self.metadata.chosen
        return not chosen.where and not chosen.sort and chosen.limit is None

    @property
    def rows(self) -> int | None:
        """How many rows there are; None where some are chosen."""
        return self.units * self._agents if self._is_plain else None

    @cached_property
    def ensemble(self) -> ComputedEnsemble:
        """The ensemble, of all its members."""
        return compute(
            self._request,
            on_progress=lambda done: self.effort.on_progress(done / self._request.members),
        )

    @property
    def checksum(self) -> str:
        """The checksum of the ensemble: of its summary."""
        import hashlib

        return hashlib.sha256(canonical_json(self.ensemble.document()).encode()).hexdigest()

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all rows."""
        chosen, rows = self.metadata.chosen, self.ensemble.rows()
        schema = table_schema(self._request.trajectory.scenario)
        try:
            if chosen.limit is None:
                return whole_table(schema, rows, where=chosen.where, sort=chosen.sort or "")
            one = page(
                schema,
                rows,
                where=chosen.where,
                sort=chosen.sort or "",
                limit=chosen.limit,
                cursor=chosen.cursor or "",
            )
        except RequestError as error:
            raise VerificationError(self.what, f"says that it is chosen by what {error}") from None
        return iter([one.rows])

    def written(self, batches: Iterable[pa.RecordBatch], form: Format) -> Iterator[bytes]:
        """Yield the file that Porta writes of rows."""
        return TABLES[form.name](batches, self.schema)

    @cached_property
    def _nominal(self) -> Nominal:
        return nominal_of(self._request)

    def sample(self, effort: Effort) -> tuple[list[Span], str]:
        """Return the rows of some members."""
        if not self._is_plain:
            raise VerificationError(
                self.what, "has chosen rows, which take all members to be chosen: use --all."
            )
        members = range(self.units)
        count = effort.count(member_seconds(self._request) / lane_speed(), self.units)
        chosen = effort.sampled(members, min(count, 64), self._request.id)
        return [Span(m * self._agents, self._agents, m) for m in chosen], ""

    def rows_of(self, span: Span) -> pa.RecordBatch:
        """Return the rows of a member."""
        block = compute_block(self._request, self._nominal, span.key, 1)
        return table_of(self._request, span.key, block.members(self._request))
