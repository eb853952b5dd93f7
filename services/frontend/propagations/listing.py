"""The listing of propagations: those under way, then the results, page by page, the newest first.

- However many there are, a page takes at most `CALLS` calls to Redis: the lists that the first page
  reads too. It looks at no more than `SCANNED` ids and reads no more than `READ` manifests, of
  `READ_BYTES`; what is not to be seen then is on the next page, so a page may have few entries, or
  none, and go on.
- A cursor names the last entry that was looked at, not a number of entries: what is published or
  removed meanwhile neither repeats nor hides another.
- Results are listed as they are stored (the latest 10,000). One that is damaged is left out until a
  reader has it repaired.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from frontend.domain import manifest
from frontend.domain.resource import Status
from frontend.errors import BadRequest
from frontend.propagations.run_resource import milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from frontend.domain.resource import Resource
    from frontend.propagations.finder import Finder
    from frontend.results.trajectory_store import TrajectoryStore
    from sim.scenario import PropagationRequest

__all__ = ["CALLS", "CURSOR", "DEFAULT_DIGEST", "LISTED", "MAX_LIMIT", "Entry", "Listing", "Wanted"]

MAX_LIMIT: Final = 100  # entries of a page
SCANNED: Final = 1_000  # ids that a page looks at
READ: Final = 100  # manifests that a page reads
GROUP: Final = 20  # manifests in one call
READ_BYTES: Final = 8 * 2**20  # of manifests; one of 1,000 agents has some 2 MB
CALLS: Final = 3 + 2 + 1 + 2 * (READ // GROUP)
"""Of Redis, for a page: three lists of runs, their records and subjects; ids; manifests, and which
of them are gone."""

LISTED: Final = (Status.QUEUED, Status.STARTING, Status.RUNNING, Status.COMPLETE)
"""The statuses of what is listed."""

DEFAULT_DIGEST: Final = "default"  # for ids without one: the default scenario and seed
CURSOR: Final = re.compile(r"([rw])([0-9]{1,15})\.((?:q-)?[0-9a-f-]{1,34})")
_RESULTS, _WAITING = "r", "w"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which propagations are listed; None is no condition. Bounds are included."""

    status: Status | None = None
    model: str | None = None
    digest: str | None = None
    min_steps: int | None = None
    max_steps: int | None = None
    min_members: int | None = None
    max_members: int | None = None

    def takes_id(self, propagation_id: str) -> bool:
        """Whether the id of a result is one of those, as far as an id tells."""
        steps, _, digest = propagation_id.partition("-")
        return self._takes_digest(digest) and _within(int(steps), self.min_steps, self.max_steps)

    def takes(self, entry: Entry) -> bool:
        """Whether it is one of those."""
        digest = "" if entry.steps is None else entry.id.partition("-")[2]
        return (
            (self.status is None or entry.status is self.status)
            and (self.model is None or entry.model == self.model)
            and self._takes_digest(digest)
            and _within(entry.steps, self.min_steps, self.max_steps)
            and _within(entry.members, self.min_members, self.max_members)
        )

    def _takes_digest(self, digest: str) -> bool:
        return self.digest is None or self.digest == (digest or DEFAULT_DIGEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A propagation in the listing; `at_ms` is when it was published, or else asked for."""

    id: str
    steps: int | None
    seed: int
    member: int
    members: int
    model: str
    status: Status
    at_ms: int
    asked_at: str | None
    finished_at: str | None
    records: int | None


class Listing:
    """Lists propagations; thread-safe, and starts nothing."""

    def __init__(self, store: TrajectoryStore, finder: Finder) -> None:
        self._store = store
        self._finder = finder

    def page(
        self, wanted: Wanted, limit: int, cursor: str | None = None
    ) -> tuple[list[Entry], str | None]:
        """Return a page of entries, and the cursor of the next one; None at the end.

        Raises BadRequest for a cursor that is none.
        """
        kind, after = (_WAITING, None) if cursor is None else _read(cursor)
        entries: list[Entry] = []
        if kind == _WAITING and wanted.status is not Status.COMPLETE:
            entries = list(islice(self._under_way(wanted, after), limit))
            if len(entries) == limit:
                return entries, _cursor(_WAITING, entries[-1].at_ms, entries[-1].id)
        if wanted.status not in {None, Status.COMPLETE}:
            return entries, None
        before = after if kind == _RESULTS else None
        results, further = self._results(wanted, limit - len(entries), before)
        return entries + results, further

    def _under_way(self, wanted: Wanted, after: tuple[int, str] | None) -> Iterator[Entry]:
        """Yield the propagations that are waited for, beyond the one of the cursor."""
        found = (_of_waiting(request, resource) for request, resource in self._finder.waiting())
        for entry in sorted(found, key=_newest_first):
            is_beyond = after is None or _newest_first(entry) > (-after[0], after[1])
            if is_beyond and not entry.status.is_over and wanted.takes(entry):
                yield entry

    def _results(
        self, wanted: Wanted, limit: int, before: tuple[int, str] | None
    ) -> tuple[list[Entry], str | None]:
        """Read so many results, or what the bounds allow; return also the cursor of the rest."""
        published = self._store.published(before, SCANNED)
        candidates = [one for one in published if wanted.takes_id(one[0])]
        entries: list[Entry] = []
        read = 0
        for place, (propagation_id, at_ms, document) in enumerate(self._read(candidates), start=1):
            read += len(document or b"")
            entry = _of_result(propagation_id, at_ms, document)
            if entry is not None and wanted.takes(entry):
                entries.append(entry)
            if len(entries) == limit or place == READ or read > READ_BYTES:
                is_last = (propagation_id, at_ms) == published[-1] and len(published) < SCANNED
                return entries, None if is_last else _cursor(_RESULTS, at_ms, propagation_id)
        if len(published) < SCANNED:
            return entries, None
        return entries, _cursor(_RESULTS, published[-1][1], published[-1][0])

    def _read(
        self, candidates: Sequence[tuple[str, int]]
    ) -> Iterator[tuple[str, int, bytes | None]]:
        """Yield the manifests of these, read group by group."""
        for begin in range(0, min(READ, len(candidates)), GROUP):
            group = candidates[begin : begin + GROUP]
            documents = self._store.documents([propagation_id for propagation_id, _ in group])
            for (propagation_id, at_ms), document in zip(group, documents, strict=True):
                yield propagation_id, at_ms, document


def _of_waiting(request: PropagationRequest, resource: Resource) -> Entry:
    model = request.trajectory.scenario.model.name
    return _entry(resource, model, milliseconds(resource.timings.asked_at) or 0)


def _of_result(propagation_id: str, at_ms: int, document: bytes | None) -> Entry | None:
    """Return the entry of a stored result; None where it is gone, damaged or of an old model."""
    known = None if document is None else manifest.listed_with_model(document)
    if known is None or known[0].id != propagation_id:
        return None
    resource, model = known
    return _entry(resource, model, at_ms)


def _entry(resource: Resource, model: str, at_ms: int) -> Entry:
    records = (resource.statistics or {}).get("records")
    return Entry(
        id=resource.id,
        steps=resource.steps,
        seed=resource.seed,
        member=resource.member,
        members=resource.members,
        model=model,
        status=resource.status,
        at_ms=at_ms,
        asked_at=resource.timings.asked_at,
        finished_at=resource.timings.finished_at,
        records=records if isinstance(records, int) else None,
    )


def _newest_first(entry: Entry) -> tuple[int, str]:
    return -entry.at_ms, entry.id


def _within(number: int | None, low: int | None, high: int | None) -> bool:
    """Whether a number is within the bounds; one that is not known is within none."""
    if number is None:
        return low is None and high is None
    return (low is None or low <= number) and (high is None or number <= high)


def _cursor(kind: str, at_ms: int, propagation_id: str) -> str:
    return f"{kind}{at_ms}.{propagation_id}"


def _read(cursor: str) -> tuple[str, tuple[int, str]]:
    match = CURSOR.fullmatch(cursor)
    if match is None:
        raise BadRequest("cursor must be that of a link to the next page; follow links.next.")
    return match[1], (int(match[2]), match[3])
