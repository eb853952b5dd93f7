"""An ensemble whose members stay with a running Porta: what is asked of it is fetched from there.

A table of a million members is streamed, batch by batch. Reading starts something there in two
cases: members that the server does not keep any more are computed once more, and a member that is
opened as a run is computed as one. The summary is held to the server's manifest; rows are taken as
they come, and `verify` computes them again.
"""

from __future__ import annotations

import hashlib
import io
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from porta.errors import ExecutionError
from porta.execution.api_client import ApiClient, NotThere
from sim.ensemble.paging import MAX_LIMIT, chosen_rows, order_of
from sim.ensemble.table import table_schema
from sim.errors import IntegrityError
from sim.strictjson import canonical_json

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from _typeshed import WriteableBuffer

    from porta.execution.computed import ComputedRun
    from porta.execution.on_server import OnServer
    from sim.scenario import PropagationRequest

__all__ = ["ServerMembers"]

MAGIC: Final = b"ARROW1\0\0"  # of Arrow's file format, in which the stream format follows


class _Pieces(io.RawIOBase):
    """Pieces of bytes as a file that is read once."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        super().__init__()
        self._pieces = iter(pieces)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        if not self._rest:
            self._rest = memoryview(next(self._pieces, b""))
        count = min(len(view), len(self._rest))
        view[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


class _Silent:
    """Tells nobody how far it is."""

    def begin(self, total: int, label: str) -> None:
        """Do nothing."""

    def reach(self, done: int) -> None:
        """Do nothing."""

    def say(self, label: str) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class ServerMembers:
    """The result of an ensemble at a server; summary and manifest are fetched once."""

    place: OnServer
    request: PropagationRequest
    computed: Mapping[str, object]
    _fetched: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)

    def document(self) -> Mapping[str, Any]:
        """Return its summary: grid, quantiles, survival, outcomes; raises IntegrityError."""
        document = self._once("ensemble")
        try:
            found = hashlib.sha256(canonical_json(document).encode()).hexdigest()
        except RecursionError:  # no summary is nested so deeply
            found = ""
        if found != self.result()["content"]["summary"]:
            raise IntegrityError(
                f"the server's summary of {self.request.id} is not the one of its manifest"
            )
        return document

    def result(self) -> Mapping[str, Any]:
        """Return the `result` of its manifest."""
        result: dict[str, Any] = self._once("manifest")["result"]
        return result

    def rows(
        self,
        *,
        where: Mapping[str, Collection[str]],
        sort: str,
        limit: int | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Yield rows of the table as they come, chosen and in order."""
        order_of(self._schema, where, sort)
        agents = where.get("agent", ())
        is_page = limit is not None and 1 <= limit <= MAX_LIMIT and len(agents) <= 1
        batches = self._begun(self._query(where, sort, limit if is_page else None))
        if len(agents) > 1:  # the server chooses one, or all
            batches = (chosen_rows(batch, {"agent": agents}) for batch in batches)
        yield from batches if limit is None or is_page else _first(batches, limit)

    def _begun(self, query: Mapping[str, Any]) -> Iterator[pa.RecordBatch]:
        """Return the batches of the table, once its members are known to be kept."""
        batches = self._batches(query)
        try:
            first = next(batches, None)
        except NotThere:
            self.place.members_again(self.request)
            batches = self._batches(query)
            first = next(batches, None)
        return batches if first is None else chain((first,), batches)

    def _batches(self, query: Mapping[str, Any]) -> Iterator[pa.RecordBatch]:
        with (
            ApiClient(self.place.server) as client,
            closing(client.pieces(f"/{self.request.id}/members", **query)) as pieces,
        ):
            yield from _read(io.BufferedReader(_Pieces(pieces)), self._schema)

    def _query(
        self, where: Mapping[str, Collection[str]], sort: str, limit: int | None
    ) -> dict[str, Any]:
        query: dict[str, Any] = {"format": "arrow"}
        if "outcome" in where:
            query["where"] = ",".join(where["outcome"])
        if len(where.get("agent", ())) == 1:
            (query["agent"],) = where["agent"]
        if sort:
            query["sort"] = sort
        return query if limit is None else query | {"limit": limit}

    @property
    def _schema(self) -> pa.Schema:
        return table_schema(self.request.trajectory.scenario)

    def _once(self, name: str) -> dict[str, Any]:
        if name not in self._fetched:
            with ApiClient(self.place.server) as client:
                self._fetched[name] = client.get(f"/{self.request.id}/{name}")
        return self._fetched[name]

    def member(self, request: PropagationRequest) -> ComputedRun:
        """Have one of its members computed there, as a run of its own."""
        return self.place.propagation(request, _Silent())


def _read(file: io.BufferedReader, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Yield the batches of an Arrow file in its order; the place of its footer is not needed."""
    try:
        if file.read(len(MAGIC)) != MAGIC:
            raise pa.ArrowInvalid("It does not begin as an Arrow file.")
        with pa.ipc.open_stream(file) as reader:
            for batch in reader:
                yield pa.RecordBatch.from_arrays(batch.columns, schema=schema)
    except (pa.ArrowException, OSError) as error:
        raise ExecutionError(
            f"The server's table of members can't be read to its end ({error}): ask again."
        ) from error


def _first(batches: Iterator[pa.RecordBatch], limit: int) -> Iterator[pa.RecordBatch]:
    """Yield the first rows, and end what they come from."""
    left = limit
    for batch in batches:
        yield batch.slice(0, left)
        left -= batch.num_rows
        if left <= 0:
            return
