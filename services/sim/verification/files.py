"""Verifies one file: all of it byte by byte, or a sample of its rows bit by bit.

Guarantees:

- A file that is recomputed as a whole is written again, and compared as it is written: whatever was
  changed in it is found, also outside its values. Where bytes differ, the first value that does is
  named, or that none does.
- What a file says of itself is held to what follows from its request; nothing of it is trusted
  further than to say what to recompute, and that is bounded.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from sim.errors import VerificationError
from sim.export.metadata import RECORDS
from sim.export.rebatch import rebatch
from sim.export.reread import Reread
from sim.export.tables import TABLES
from sim.verification.comparing import first_difference, schema_difference
from sim.verification.lines import Lines, different_line, first_different_line, lines_of, places
from sim.verification.members import RemadeMembers
from sim.verification.outcome import WRITTEN_ELSEWHERE, Difference, Verification
from sim.verification.remade import RemadeRecords, RemadeStates, refuse_too_much
from sim.verification.sidecar import sidecar_finding
from sim.verification.stated import read_metadata, stated_times, statement_differences
from sim.verification.stored import Damage, TextFile, open_stored
from sim.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa

    from sim.engine import Propagation
    from sim.export.metadata import Metadata
    from sim.verification.effort import Effort
    from sim.verification.remade import Remade, Span
    from sim.verification.stored import ColumnarTable

__all__ = ["verify_file"]

_ROWS: Final = 32_768  # compared at a time
_UNITS: Final = {"records": "record", "states": "state", "members": "row"}


def verify_file(
    path: Path,
    effort: Effort,
    *,
    expected: Metadata | None = None,
    propagation: Propagation | None = None,
) -> Verification:
    """Verify a file that Porta has written; raises VerificationError where that can't be done.

    `expected` is what it has to say of itself, where that is known; `propagation` is that of its
    request, where it is open already.
    """
    stored = open_stored(path)
    said = read_metadata(str(path), stored.metadata)
    metadata = said if expected is None else replace(expected, porta=said.porta)
    refuse_too_much(metadata.request, effort, str(path))
    stored.form.check(metadata.request.trajectory.scenario)
    remade = _remade(stored, metadata, effort, propagation)
    file = _File(stored, metadata, remade, effort, is_alone=expected is None)
    names = remade.schema.names
    file.differences += statement_differences(stored.metadata, metadata, names)
    return file.verified()


def _remade(
    stored: ColumnarTable | TextFile,
    metadata: Metadata,
    effort: Effort,
    propagation: Propagation | None,
) -> Remade:
    what = str(stored.path)
    if (metadata.chosen.kind == "members") != metadata.request.is_ensemble:
        raise VerificationError(
            what, "says that it has rows that its request does not give: it is no file of Porta's."
        )
    match metadata.chosen.kind:
        case "members":
            if stored.form.name not in TABLES:
                raise VerificationError(
                    what,
                    f"says that it has members, which Porta does not write as {stored.form.title}: "
                    "was its suffix changed?",
                )
            return RemadeMembers(metadata=metadata, effort=effort, what=what)
        case "states":
            times = stated_times(stored, metadata)
            return RemadeStates(
                metadata=metadata, effort=effort, what=what, given=propagation, times=times
            )
        case _:
            return RemadeRecords(metadata=metadata, effort=effort, what=what, given=propagation)


@dataclass(slots=True)
class _File:
    """A file beside what it should be, and the differences that were found so far.

    `is_alone` if no other file has its SHA-256, as those of a folder and of a crate do.
    """

    stored: ColumnarTable | TextFile
    metadata: Metadata
    remade: Remade
    effort: Effort
    is_alone: bool
    differences: list[Difference] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    rows: int = 0

    def verified(self) -> Verification:
        """Look at all of it, or at a sample; return what was found."""
        takes_all = self._takes_all()
        self._look_at_form()
        share = "what it says of itself"
        if not self.differences:
            spans = [] if takes_all else self._spans()
            takes_all = not spans
            share = self._all() if takes_all else self._sample(spans)
            self._look_at_checksum(is_all=takes_all)
            self._look_at_sidecar()
        return Verification(
            what=str(self.stored.path),
            id=self.metadata.request.id,
            share=share,
            is_all=takes_all,
            differences=tuple(self.differences),
            notes=tuple(note for note in self.notes if note),
        )

    def _takes_all(self) -> bool:
        """Whether all is recomputed; raises VerificationError where a sample has no place."""
        seconds = self.remade.seconds
        if self.effort.takes_all(seconds):
            return True
        if not self.stored.form.is_by_agent:
            return False
        if seconds > self.effort.chain_s:
            raise VerificationError(
                str(self.stored.path),
                f"has the states of each agent together, so that no sample of it can be taken, and "
                f"takes about {seconds:,.0f} seconds to be recomputed as a whole: use --all.",
            )
        return True

    def _found(self, difference: Difference | None) -> None:
        if difference is not None:
            self.differences.append(difference)

    def _look_at_form(self) -> None:
        """Compare columns, and the number of rows as far as it is known without computing."""
        if isinstance(self.stored, TextFile):
            return
        if not self.stored.says_the_same_twice:
            self._found(
                Difference(
                    where="what it says of itself, in two places",
                    stored="one thing and another",
                    recomputed="the same",
                )
            )
        try:
            self._found(schema_difference(self.remade.schema, self.stored.schema))
            rows = self.stored.rows
        except Damage as damage:
            self._found(_unreadable(damage))
            return
        request = self.metadata.request
        least = request.steps + len(request.trajectory.scenario.agents)
        if self.metadata.chosen == RECORDS and rows < least:
            self._found(
                Difference(
                    where="the number of rows", stored=f"{rows:,}", recomputed=f"{least:,} or more"
                )
            )

    def _look_at_sidecar(self) -> None:
        """Hold a file of text to the SHA-256 beside it, and that to its seal."""
        if isinstance(self.stored, TextFile) and not self.differences:
            found = sidecar_finding(self.stored)
            if isinstance(found, Difference):
                self._found(found)
            else:
                self.notes.append(found)

    def _look_at_checksum(self, *, is_all: bool) -> None:
        """Compare the checksum that the file states, where it was recomputed."""
        stated, recomputed = self.metadata.checksum, None
        match self.remade:
            case RemadeMembers() if is_all:
                recomputed = self.remade.checksum
            case RemadeRecords() | RemadeStates() if self.remade.is_whole:
                recomputed = self.remade.propagation.checkpoints_checksum
        if None not in (stated, recomputed) and stated != recomputed:
            self._found(
                Difference(
                    where="the checksum of the propagation",
                    stored=str(stated),
                    recomputed=str(recomputed),
                )
            )

    # All of it.

    def _all(self) -> str:
        """Compare every byte; return the share in words."""
        at = self._first_byte()
        if at is not None:
            self._found(self._first_value() or self._outside(at))
        rows = self.rows if self.remade.rows is None else self.remade.rows
        return self.effort.share(rows, rows, _UNITS[self.metadata.chosen.kind])

    def _written(self) -> Iterator[bytes]:
        """Yield the file as it is written now."""
        return self.remade.written(Reread(self._counted), self.stored.form)

    def _counted(self) -> Iterator[pa.RecordBatch]:
        self.rows = 0
        for batch in self.remade.batches():
            self.rows += batch.num_rows
            yield batch

    def _first_byte(self) -> int | None:
        """Return where the file first differs from the one that is written now."""
        at = 0
        size = max(1, self.stored.path.stat().st_size)
        with self.stored.path.open("rb") as file:
            for piece in self._written():
                read = file.read(len(piece))
                if read != piece:
                    return at + _common(piece, read)
                at += len(piece)
                self.effort.on_progress(min(1.0, at / size))
            return at if file.read(1) else None

    def _first_value(self) -> Difference | None:
        """Return the first value that differs; None if all are the same."""
        if isinstance(self.stored, TextFile):
            header = list(self.remade.schema.names) if self.stored.form.name == "csv" else []
            with self.stored.path.open("rb") as file:
                return first_different_line(self._written(), file, header)
        first = 0
        expected = rebatch(self.remade.batches(), _ROWS)
        found = _read(rebatch(self.stored.batches(), _ROWS))
        for mine in expected:
            its = next(found, None)
            if isinstance(its, Difference):
                return its
            its = mine.slice(0, 0) if its is None else its
            difference = first_difference(mine, its, first)
            if difference is not None:
                return difference
            first += mine.num_rows
        more = next(found, None)
        if more is None or isinstance(more, Difference):
            return more
        return Difference(
            where="the number of rows", stored=f"{first + more.num_rows:,} or more",
            recomputed=f"{first:,}",
        )  # fmt: skip

    def _outside(self, at: int) -> Difference | None:
        """Return that bytes differ beside the values, unless by who has written the file.

        Raises VerificationError where all bytes are asked for, and nothing can be said of these.
        """
        is_ours = isinstance(self.stored, TextFile) or self.stored.is_as_written_here
        if is_ours and self.metadata.porta == VERSION:
            return Difference(
                where=f"byte {at:,}, outside the values", stored="other bytes", recomputed="these"
            )
        if self.effort.everything and self.is_alone:
            raise VerificationError(
                str(self.stored.path),
                "has every value as it is recomputed, but other bytes around them: another version "
                f"of Porta ({self.metadata.porta[:40]}, and this is {VERSION}) or of pyarrow, or "
                "another program, has written it. Whether any of these bytes was changed can't be "
                "said here.",
            )
        self.notes.append(WRITTEN_ELSEWHERE.format(""))
        return None

    # A sample.

    def _spans(self) -> list[Span]:
        """Return those of a sample; none where it would be of nothing."""
        spans, note = self.remade.sample(self.effort)
        if not any(self._units_of(span) for span in spans):
            return []
        self.notes.append(note)
        return spans

    def _sample(self, spans: list[Span]) -> str:
        """Compare the rows of a sample; return the share in words."""
        if isinstance(self.stored, TextFile):
            self._sample_of_text(self.stored, spans)
        else:
            self._sample_of_table(self.stored, spans)
        looked_at = sum(self._units_of(span) for span in spans)
        return self.effort.share(looked_at, max(looked_at, self.remade.units), self.remade.unit)

    def _units_of(self, span: Span) -> int:
        if span.key < 0:
            return 0
        agents = len(self.metadata.request.trajectory.scenario.agents)
        return span.rows // agents if self.metadata.chosen.kind == "states" else 1

    def _sample_of_table(self, stored: ColumnarTable, spans: list[Span]) -> None:
        if self.remade.rows is not None and self.remade.rows != stored.rows:
            self._found(
                Difference(
                    where="the number of rows",
                    stored=f"{stored.rows:,}",
                    recomputed=f"{self.remade.rows:,}",
                )
            )
        for done, span in enumerate(spans, 1):
            mine = self.remade.rows_of(span)
            its = _rows(stored, span)
            self._found(its if isinstance(its, Difference) else _compared(mine, its, span.first))
            self.effort.on_progress(done / len(spans))

    def _sample_of_text(self, stored: TextFile, spans: list[Span]) -> None:
        form, schema = stored.form, self.remade.schema
        initial = spans[0].rows if spans and spans[0].key < 0 else 0
        header = list(schema.names) if form.name == "csv" else []
        with stored.path.open("rb") as file:
            lines = Lines(file, form)
            for done, span in enumerate(spans, 1):
                numbers = places(form, span.first, span.rows, initial)
                data = b"".join(self.remade.written(iter([self.remade.rows_of(span)]), form))
                its = lines.at(numbers)
                self._found(different_line(lines_of(form, data), its, numbers.start, header))
                self.effort.on_progress(done / len(spans))


def _compared(mine: pa.RecordBatch, its: list[pa.RecordBatch], first: int) -> Difference | None:
    """Compare batches that hold the same rows together."""
    at = 0
    for batch in its:
        difference = first_difference(mine.slice(at, batch.num_rows), batch, first + at)
        if difference is not None:
            return difference
        at += batch.num_rows
    if at < mine.num_rows:
        return Difference(
            where="the number of rows", stored=f"{first + at:,}",
            recomputed=f"{first + mine.num_rows:,} or more",
        )  # fmt: skip
    return None


def _rows(stored: ColumnarTable, span: Span) -> list[pa.RecordBatch] | Difference:
    """Read the rows of a span; what can't be read is a difference."""
    found: list[pa.RecordBatch] = []
    missing = span.rows
    for batch in _read(stored.batches(span.first)):
        if isinstance(batch, Difference):
            return batch
        found.append(batch.slice(0, missing))
        missing -= found[-1].num_rows
        if not missing:
            break
    return found


def _read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch | Difference]:
    """Yield what can be read, and at last what can't."""
    try:
        yield from batches
    except Damage as damage:
        yield _unreadable(damage)


def _unreadable(damage: Damage) -> Difference:
    return Difference(where="a part of the file", stored=f"can't be read ({damage})",
                      recomputed="rows")  # fmt: skip


def _common(one: bytes, other: bytes) -> int:
    """Return how many bytes two texts have in common at their start."""
    for at, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return at
    return min(len(one), len(other))
