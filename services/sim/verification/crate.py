"""Verifies a crate: its request, what it tells of its result, its checkpoints and its table."""

from __future__ import annotations

import hashlib
import os
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from typing import IO, TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet

from sim.crates.checkpoints import (
    CHECKPOINT_ROWS,
    SCHEMA,
    checkpoint_batches,
    written_checkpoints,
)
from sim.crates.contents import (
    CHECKPOINTS,
    DESCRIPTION,
    ENSEMBLE,
    FILES,
    MANIFEST,
    MEMBERS,
    RECORDS,
    REQUEST,
    seal_of,
)
from sim.crates.writing import zip_crate
from sim.errors import DamagedError, RequestError, ScenarioError, VerificationError
from sim.export.metadata import MEMBERS as ALL_MEMBERS
from sim.export.metadata import Metadata, read_request
from sim.export.rebatch import rebatch
from sim.strictjson import canonical_json
from sim.verification.files import verify_file
from sim.verification.members import RemadeMembers
from sim.verification.outcome import WRITTEN_ELSEWHERE, Difference, Verification
from sim.verification.paths import named, temporary_folder, writing
from sim.verification.remade import RemadeRecords, refuse_too_much
from sim.verification.results import told_differences
from sim.verification.stored import Damage, is_written_here, read_json, refuse_inflated

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from sim.engine import Propagation
    from sim.scenario import PropagationRequest
    from sim.verification.effort import Effort

__all__ = ["crate_folder", "is_crate", "verify_crate"]

_RATIO: Final = 20  # a zip of ours is not compressed; one that was, has no more than this
_SLACK: Final = 2**26
_PACKINGS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # unpacked in pieces; others, at once
_NOT_WHOLE: Final = (  # what zipfile raises for a zip with something missing or altered
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    NotImplementedError,  # of an altered kind of compression
    RuntimeError,
    EOFError,
)
_PIECE: Final = 2**16
_ZIP_MAGIC: Final = b"PK\x03\x04"  # of the header before a file
_ZIP_START: Final = 30  # bytes of the header before a file's name, which has its size and CRC-32
_ZIP_END: Final = 22  # bytes at the end, which say where the list of files is, and how long
_OF_ANOTHER: Final = (
    "Another program has made this zip: the files in it were compared, not the bytes between them."
)


def is_crate(path: Path) -> bool:
    """Whether a path is meant as a crate: a folder with a description, or a zip; raises nothing."""
    try:
        if path.is_dir():
            return (path / DESCRIPTION).exists()
        if not path.is_file():  # a pipe would be waited for
            return False
        with path.open("rb") as file:
            begins_as_one = file.read(len(_ZIP_MAGIC)) == _ZIP_MAGIC
        return begins_as_one or zipfile.is_zipfile(path)
    except (OSError, ValueError):  # or a null character in it
        return False


def verify_crate(path: Path, effort: Effort) -> Verification:
    """Verify a crate, a folder or a zip; raises VerificationError where that can't be done."""
    with crate_folder(path) as folder:
        found = _Crate(path, folder, effort).verified()
        return found if path.is_dir() else _with_its_zip(found, path, folder)


@contextmanager
def crate_folder(path: Path, names: Collection[str] = FILES) -> Iterator[Path]:
    """Yield the folder of a crate; of a zip, a temporary folder with its files of these names.

    Raises VerificationError: DamagedError for a zip that is not whole.
    """
    if path.is_dir():
        yield path
        return
    with temporary_folder(str(path)) as folder, named(folder, str(path)):
        with _whole(path):
            _extract(path, folder, names)
        yield folder


@contextmanager
def _whole(path: Path) -> Iterator[None]:
    """Raise the errors of reading a zip as DamagedError."""
    try:
        yield
    except _NOT_WHOLE as error:
        raise DamagedError(
            str(path),
            f"is not a whole zip: a part of it is missing or altered ({error}). Write or copy it "
            "again.",
        ) from None


def _extract(path: Path, folder: Path, names: Collection[str]) -> None:
    """Unpack these files of a crate, and no others, as many bytes as such a zip can hold."""
    left = _SLACK + _RATIO * path.stat().st_size
    with zipfile.ZipFile(path) as archive:
        tops = {name.removesuffix(DESCRIPTION) for name in archive.namelist()
                if name.rpartition("/")[2] == DESCRIPTION and name.count("/") <= 1}  # fmt: skip
        if not tops:
            raise VerificationError(str(path), f"is a zip without {DESCRIPTION}: it is no crate.")
        top = min(tops)
        for entry in archive.infolist():
            name = entry.filename.removeprefix(top)
            if name not in names:
                continue
            if entry.compress_type not in _PACKINGS:
                raise VerificationError(
                    str(path),
                    f"has {name} packed as Porta does not: unpack it, and verify the folder.",
                )
            left -= entry.file_size
            if left < 0:
                raise VerificationError(str(path), "unpacks to far more than a crate has.")
            with (
                archive.open(entry) as source,
                writing(str(path)),
                (folder / name).open("wb") as target,
            ):
                target.writelines(_pieces(source, path))


def _pieces(source: IO[bytes], path: Path) -> Iterator[bytes]:
    """Yield what a file in a zip has; raises DamagedError."""
    with _whole(path):
        while piece := source.read(_PIECE):
            yield piece


def _with_its_zip(found: Verification, path: Path, folder: Path) -> Verification:
    """Add what is different in a zip around its files: in its headers and its list of files."""
    with temporary_folder(str(path)) as beside:
        due = beside / "crate.zip"
        with writing(str(path)):
            zip_crate(folder, due)
        with path.open("rb") as mine, due.open("rb") as its:
            place, is_ours = _first_different_byte(mine, its), _is_like(mine, its)
    if place is None:
        return found
    if not is_ours:
        return replace(found, notes=(*found.notes, _OF_ANOTHER))
    difference = Difference(
        where=f"byte {place:,} of the zip", stored="another byte", recomputed="this one"
    )
    return replace(found, differences=(*found.differences, difference))


def _first_different_byte(mine: IO[bytes], its: IO[bytes]) -> int | None:
    """Return where two files first differ, also where one of them ends; None if nowhere."""
    at = 0
    while True:
        one, other = mine.read(_PIECE), its.read(_PIECE)
        if one != other:
            pairs = zip(one, other, strict=False)
            within = next((n for n, (a, b) in enumerate(pairs) if a != b), None)
            return at + (min(len(one), len(other)) if within is None else within)
        if not one:
            return None
        at += len(one)


def _is_like(mine: IO[bytes], its: IO[bytes]) -> bool:
    """Whether a zip was Porta's: it is as long as Porta's, or begins or ends as that does."""
    ends = []
    for file in (mine, its):
        size = file.seek(0, os.SEEK_END)
        file.seek(-_ZIP_END, os.SEEK_END)
        end = file.read()
        file.seek(0)
        ends.append((size, file.read(_ZIP_START), end))
    return any(one == other for one, other in zip(*ends, strict=True))


class _Crate:
    """A crate's folder, beside what follows from its request."""

    def __init__(self, path: Path, folder: Path, effort: Effort) -> None:
        self._path = path
        self._folder = folder
        self._effort = effort
        self._differences: list[Difference] = []
        self._notes: list[str] = []

    def verified(self) -> Verification:
        self._description()
        request = self._request()
        refuse_too_much(request, self._effort, str(self._path))
        is_ensemble = request.is_ensemble
        table = MEMBERS if is_ensemble else RECORDS
        if is_ensemble:
            found = self._table(table, self._of_ensemble(request), None)
        else:
            found = self._run(request, table)
        differences = (*found.differences, *self._differences)  # what says most comes first
        notes = (*found.notes, *self._notes)
        return replace(found, what=str(self._path), differences=differences, notes=notes)

    def _description(self) -> None:
        """Hold the description to its seal, and each file to its size and SHA-256 there."""
        description = read_json(self._folder / DESCRIPTION)
        try:
            described = {entity["@id"]: entity for entity in description["@graph"]}
            stated, sealed = described["./"].get("identifier"), seal_of(description)
        except (KeyError, TypeError, AttributeError, ValueError, RecursionError):
            raise VerificationError(
                str(self._path), f"has a {DESCRIPTION} that Porta did not write."
            ) from None
        if stated != sealed:
            self._found(f"{DESCRIPTION}, its identifier", str(stated), sealed)
        there = {one.name for one in self._folder.iterdir()} & FILES - {DESCRIPTION}
        for name in sorted(there | (described.keys() & FILES - {DESCRIPTION})):
            self._file(name, described.get(name, {}))

    def _file(self, name: str, stated: dict[str, Any]) -> None:
        """Compare a file with the size and the SHA-256 that the description has of it."""
        path = self._folder / name
        try:
            if not path.is_file() and path.exists():  # a pipe would be waited for
                raise DamagedError(str(self._path), f"has a {name} that is no file.")
            with path.open("rb") as file:
                digest, size = hashlib.file_digest(file, "sha256").hexdigest(), file.tell()
        except OSError as error:
            raise DamagedError(str(self._path), f"lacks {name}: {error.strerror}.") from None
        if digest != stated.get("sha256"):
            self._found(f"the SHA-256 of {name}", str(stated.get("sha256")), digest)
        elif str(size) != stated.get("contentSize"):
            self._found(f"the size of {name}", str(stated.get("contentSize")), str(size))

    def _request(self) -> PropagationRequest:
        """Read request and manifest, which name the same request."""
        what = str(self._path)
        try:
            request = read_request(read_json(self._folder / REQUEST))
        except (RequestError, ScenarioError) as error:
            raise VerificationError(
                what, f"has a {REQUEST} that Porta does not take: {error}"
            ) from None
        manifest = self._manifest()
        model = request.trajectory.scenario.model.version
        if manifest.get("model") != model:
            raise VerificationError(
                what, f"is of the model {manifest.get('model')}, and this Porta has {model}."
            )
        due = {"id": request.id, "request": request.to_json()}
        self._compare({name: manifest.get(name) for name in due}, due)
        return request

    def _manifest(self) -> dict[str, Any]:
        manifest = read_json(self._folder / MANIFEST)
        if not isinstance(manifest, dict) or not isinstance(manifest.get("result"), dict):
            raise VerificationError(str(self._path), f"has a {MANIFEST} that Porta did not write.")
        return manifest

    def _compare(self, stored: dict[str, Any], due: dict[str, Any], of: str = MANIFEST) -> None:
        self._differences += [
            replace(one, where=one.where.replace("its manifest", of))
            for one in told_differences(stored, due)
        ]

    # A run.

    def _run(self, request: PropagationRequest, table: str) -> Verification:
        metadata = Metadata(request=request)
        what = str(self._path)
        remade = RemadeRecords(metadata=metadata, effort=self._effort, what=what)
        propagation = remade.propagation
        checksum = str(self._manifest()["result"].get("checkpoints_checksum"))
        if remade.is_whole:
            self._compare(self._manifest()["result"], propagation.summary())
            checksum = propagation.checkpoints_checksum
        self._checkpoints(propagation, is_whole=remade.is_whole)
        metadata = replace(metadata, checksum=checksum)
        return self._table(table, metadata, propagation)

    def _checkpoints(self, propagation: Propagation, *, is_whole: bool) -> None:
        """Compare the checkpoints, as far as they were integrated."""
        if is_whole and self._is_as_written(
            CHECKPOINTS, written_checkpoints(propagation.checkpoints())
        ):
            return
        try:
            file = pa.parquet.ParquetFile(self._folder / CHECKPOINTS, pre_buffer=False)
            difference = _first_checkpoint(file, propagation, is_whole=is_whole)
        except (pa.ArrowException, OSError, ValueError, Damage) as error:
            self._found(CHECKPOINTS, f"can't be read ({str(error)[:100]})", "checkpoints")
            return
        if difference is not None:
            self._found(f"{CHECKPOINTS}, {difference}", "another state", "this one")
        elif is_whole and not is_written_here(file):
            self._notes.append(WRITTEN_ELSEWHERE.format(f" of {CHECKPOINTS}"))
        elif is_whole:
            self._found(f"{CHECKPOINTS}, outside the values", "other bytes", "these")

    # An ensemble.

    def _of_ensemble(self, request: PropagationRequest) -> Metadata:
        """Look at the summary; return what the table has to say of itself."""
        document = read_json(self._folder / ENSEMBLE)
        try:
            text = canonical_json(document).encode()
        except RecursionError:
            raise VerificationError(
                str(self._path), f"has an {ENSEMBLE} that Porta did not write."
            ) from None
        checksum = hashlib.sha256(text).hexdigest()
        due = {"members": request.members, "content": {"summary": checksum}}
        self._compare(self._manifest()["result"], due)
        metadata = Metadata(request=request, chosen=ALL_MEMBERS, checksum=checksum)
        remade = RemadeMembers(metadata=metadata, effort=self._effort, what=str(self._path))
        if self._effort.takes_all(remade.seconds):
            self._compare(document, remade.ensemble.document(), ENSEMBLE)
        return metadata

    # What both have.

    def _table(
        self, name: str, metadata: Metadata, propagation: Propagation | None
    ) -> Verification:
        found = verify_file(
            self._folder / name, self._effort, expected=metadata, propagation=propagation
        )
        named = [replace(one, where=f"{name}, {one.where}") for one in found.differences]
        return replace(found, differences=tuple(named))

    def _is_as_written(self, name: str, pieces: Iterator[bytes]) -> bool:
        """Whether a file has just these bytes."""
        try:
            with (self._folder / name).open("rb") as file:
                return all(file.read(len(piece)) == piece for piece in pieces) and not file.read(1)
        except OSError:
            return False

    def _found(self, where: str, stored: str, recomputed: str) -> None:
        self._differences.append(Difference(where=where, stored=stored, recomputed=recomputed))


def _first_checkpoint(
    file: pa.parquet.ParquetFile, propagation: Propagation, *, is_whole: bool
) -> str | None:
    """Return which checkpoint is the first that differs; None if none does."""
    if not file.schema_arrow.equals(SCHEMA):
        return "its columns"
    lengths = _lengths(next(checkpoint_batches(propagation.checkpoints())))
    for group in range(file.metadata.num_row_groups):
        refuse_inflated(file, group, lengths)
    first = 0
    stored = rebatch(file.iter_batches(CHECKPOINT_ROWS), CHECKPOINT_ROWS)
    due = propagation.checkpoints()
    if not is_whole:
        due = (each for each, _ in pairwise(due))  # its end is of the beginning alone
    for mine in checkpoint_batches(due):
        its = next(stored, mine.slice(0, 0))
        for at in range(mine.num_rows):
            if not _are_equal(mine.slice(at, 1), its.slice(at, 1)):
                return f"row {first + at:,}"
        first += mine.num_rows
    return "its end" if is_whole and next(stored, None) is not None else None


def _lengths(checkpoints: pa.RecordBatch) -> dict[str, int]:
    """Return how many values a checkpoint has in each column of lists at most."""
    return {
        field.name: max(map(len, checkpoints.column(field.name)))
        for field in SCHEMA
        if pa.types.is_list(field.type)
    }


def _are_equal(mine: pa.RecordBatch, its: pa.RecordBatch) -> bool:
    """Whether a row of checkpoints has the same bits."""
    return its.num_rows == 1 and all(
        _bits(mine.column(name)) == _bits(its.column(name)) for name in SCHEMA.names
    )


def _bits(column: pa.Array) -> bytes:
    numbers = column.flatten() if pa.types.is_list(column.type) else column
    return bytes(numbers.to_numpy(zero_copy_only=False).tobytes())
