"""The table of an ensemble's members as a response: a page, or the whole table as a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from frontend.errors import BadRequest
from frontend.web.api.ensemble_parameters import PAGE_ROWS, TABLE_FORMATS
from frontend.web.context import services
from frontend.web.http.compression import compress
from frontend.web.http.file_stream import file_reply, in_turns, writers_of
from frontend.web.http.responses import (
    etag_of,
    json_bytes,
    metadata_reply,
    packed_reply,
    unchanged,
)
from sim.ensemble.paging import first_member, order_of, page
from sim.ensemble.table import table_schema
from sim.ensemble.whole_table import held_bytes, whole_table
from sim.export.metadata import Chosen, Metadata, described
from sim.export.tables import TABLES, rows_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    import pyarrow as pa
    from flask import Response

    from frontend.web.http.backpressure import Reader
    from sim.ensemble.paging import Page
    from sim.scenario import PropagationRequest

__all__ = ["Selection", "members_metadata_reply", "members_reply", "selection_of"]

ROW_S: Final = 1.5e-6  # to read, to check and to look at a row
WRITTEN_ROW_S: Final = 2e-5  # to write a row as JSON
ROW_BYTES: Final = 800  # of a row, with its text: 24 columns of at most 21 characters
FRAME_BYTES: Final = 32 * 2**10  # of a file without rows: the footer of a Parquet file
RULE: Final = 1  # by which rows are chosen, sorted and written; another one gives other bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which rows of an ensemble's table are wanted, in which order, and how they are written."""

    request: PropagationRequest
    form: str
    where: Mapping[str, tuple[str, ...]]
    sort: str
    limit: int | None
    cursor: str

    @property
    def is_page(self) -> bool:
        """Whether it is one page, not the whole table."""
        return self.form == "json" or self.limit is not None

    @property
    def schema(self) -> pa.Schema:
        """The columns."""
        return table_schema(self.request.trajectory.scenario)

    @property
    def rows(self) -> int:
        """How many rows the whole table has before any are left out."""
        return self.request.members * len(self.request.trajectory.scenario.agents)

    @property
    def name(self) -> tuple[object, ...]:
        """What determines the response, beside the result."""
        where = tuple(sorted(self.where.items()))
        rows = (where, self.sort, self.limit, self.cursor)
        return ("members", RULE, *writers_of(self.form), self.form, *rows)

    def metadata(self) -> Metadata:
        """Return what a file of it says of itself; raises NotFound and NotReady."""
        chosen = Chosen(
            kind="members",
            where=self.where,
            sort=self.sort or None,
            limit=self.limit,
            cursor=self.cursor or None,
        )
        checksum = services().ensembles.checksum(self.request)
        return Metadata(request=self.request, chosen=chosen, checksum=checksum)

    def page(self) -> Page:
        """Return the page; raises NotFound, RequestError and Busy."""
        limit = self.limit or PAGE_ROWS
        looked_at = self.rows if self.sort or self.where else limit
        first = first_member(self.schema, self.where, sort=self.sort, cursor=self.cursor)
        table = services().ensembles.table
        with services().admission.admit(ROW_S * looked_at + WRITTEN_ROW_S * limit):
            return page(
                self.schema,
                services().admission.taking_turns(table(self.request, first_member=first)),
                where=self.where,
                sort=self.sort,
                limit=limit,
                cursor=self.cursor,
            )

    def batches(self, reader: Reader) -> Iterator[pa.RecordBatch]:
        """Return all rows while they are read; raises NotFound and Busy."""
        table = reader.while_read(services().ensembles.table(self.request))
        turns = services().admission.taking_turns(table)
        return whole_table(self.schema, turns, where=self.where, sort=self.sort)


def selection_of(request: PropagationRequest, values: Mapping[str, Any], form: str) -> Selection:
    """Return what the values of a query ask for in a format; raises BadRequest and RequestError."""
    names = request.trajectory.scenario.names
    where: dict[str, tuple[str, ...]] = {}
    if values["where"] is not None:
        where["outcome"] = tuple(sorted(set(values["where"])))
    if values["agent"] is not None:
        if values["agent"] not in names:
            raise BadRequest(f"agent must be one of the scenario's: {_listed(names)}.")
        where["agent"] = (values["agent"],)
    selection = Selection(
        request=request,
        form=form,
        where=where,
        sort=values["sort"],
        limit=values["limit"],
        cursor=values["cursor"],
    )
    if selection.cursor and not selection.is_page:
        raise BadRequest("cursor is the beginning of a page: give a limit, or format=json.")
    order_of(selection.schema, where, selection.sort)
    return selection


def members_reply(selection: Selection, digest: str) -> Response:
    """Answer with what is selected of the table of a result with this digest.

    Raises NotFound where members are not kept, RequestError for another table's cursor, and Busy.
    """
    etag = etag_of(digest, *selection.name)
    if selection.form == "json":
        return unchanged(etag) or packed_reply(_document(selection, etag), etag)
    form = TABLE_FORMATS[selection.form]
    name = f"members-{selection.request.id}{form.suffix}"
    return file_reply(form.media_type, etag, name, lambda reader: _file(selection, reader))


def members_metadata_reply(request: PropagationRequest) -> Response:
    """Answer with what a file of all rows says of itself; raises NotFound and NotReady."""
    checksum = services().ensembles.checksum(request)
    if checksum is None:
        raise services().propagations.absence(request)
    metadata = Metadata(request=request, chosen=Chosen(kind="members"), checksum=checksum)
    return metadata_reply(metadata, table_schema(request.trajectory.scenario).names)


def _document(selection: Selection, etag: str) -> bytes:
    """Return a page as gzipped JSON, made once for all who ask."""

    def make() -> bytes:
        found = selection.page()
        document = {
            "id": selection.request.id,
            "rows": rows_of(found.rows),
            "next": found.cursor,
            "matching": found.matching,
        }
        return compress(json_bytes(document))

    known = services().overviews.find(etag)
    return known if known is not None else services().overviews.get(etag, make)


def _file(selection: Selection, reader: Reader) -> Generator[bytes]:
    form = TABLE_FORMATS[selection.form]
    rows = selection.limit or selection.rows
    held = min(form.held_bytes, FRAME_BYTES + ROW_BYTES * rows)
    if selection.sort and not selection.is_page:
        held += _sorted_bytes(selection)

    def write() -> Iterator[bytes]:
        batches = iter([selection.page().rows]) if selection.is_page else selection.batches(reader)
        return TABLES[selection.form](batches, described(selection.schema, selection.metadata()))

    return in_turns(write, held)


def _sorted_bytes(selection: Selection) -> int:
    """Return what a sorted table takes in memory; raises BadRequest where that is too much."""
    needed, allowed = held_bytes(selection.schema, selection.rows), services().admission.memory
    if needed > allowed:
        raise BadRequest(
            f"To be sorted, the {selection.rows:,} rows would take {needed / 2**20:,.0f} MiB of "
            f"memory, more than the {allowed / 2**20:,.0f} MiB that there are for files here "
            "(PORTA_READ_MEMORY): leave sort out, or give a limit."
        )
    return needed


def _listed(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:10])
    return shown if len(names) <= 10 else f"{shown}, ..."  # noqa: PLR2004 - enough to see the idea
