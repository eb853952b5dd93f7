"""Files as they are stored: what they say of themselves, and their rows, read in bounded memory.

What is read may be anything: truncated, forged, of huge row groups, or no table at all. All of that
is a VerificationError with a sentence, or a Damage where a part of the file can't be read.
"""

from __future__ import annotations

import base64
import mmap
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, Final

import orjson
import pyarrow as pa
import pyarrow.parquet

from sim.errors import DamagedError, VerificationError
from sim.export import FORMATS
from sim.export.metadata import KEY, sidecar_path
from sim.strictjson import is_nested_too_deeply
from sim.verification.arrow_blocks import FOOTER_BYTES, dictionary_blocks, record_blocks
from sim.verification.paths import exists

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from sim.export import Format
    from sim.verification.arrow_blocks import Block

__all__ = [
    "ArrowTable",
    "ColumnarTable",
    "Damage",
    "ParquetTable",
    "TextFile",
    "is_written_here",
    "open_stored",
    "read_json",
    "refuse_inflated",
]

_METADATA_BYTES: Final = 2**25  # a scenario of a thousand agents has 300 kB
_ROWS: Final = 8_192  # read at a time, of row groups of any size
_BUFFER: Final = 2**16
_PARQUET: Final = b"PAR1"  # https://parquet.apache.org/docs/file-format/
_ARROW: Final = b"ARROW1"  # https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format
_ARROW_HEAD: Final = 8  # bytes, before the schema with which it begins
_ARROW_SCHEMA: Final = b"ARROW:schema"  # under which pyarrow has it in a Parquet file, in base64
_COLUMNS: Final = 1_000  # Porta writes a few dozen
_NUMBER_BYTES: Final = 16  # of a value in a column, however it is encoded
_TEXT_BYTES: Final = 512  # of a name
_SLACK_BYTES: Final = 2**20  # of a dictionary, and of the frames of pages
_CHUNK_BYTES: Final = 2**28  # of a column in a row group, and of a packed batch of Arrow
_CREATED_BY: Final = f"parquet-cpp-arrow version {pa.__version__}"


class Damage(Exception):
    """A part of a file that can't be read; the message says why."""


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file of text, with its metadata in a file beside it."""

    path: Path
    form: Format
    metadata: Any


@dataclass(frozen=True, slots=True)
class ParquetTable:
    """A Parquet file."""

    path: Path
    file: pa.parquet.ParquetFile
    metadata: Any

    form = FORMATS["parquet"]

    @property
    def schema(self) -> pa.Schema:
        """Its columns."""
        with _damage():
            return self.file.schema_arrow

    @property
    def rows(self) -> int:
        """How many rows it says that it has."""
        return int(self.file.metadata.num_rows)

    @property
    def is_as_written_here(self) -> bool:
        """Whether it was written by this version of pyarrow."""
        return is_written_here(self.file)

    @property
    def says_the_same_twice(self) -> bool:
        """Whether the Arrow schema that its footer has, says the same of it, if anything."""
        known = self.file.metadata.metadata or {}
        try:
            encoded = pa.py_buffer(base64.b64decode(known.get(_ARROW_SCHEMA, b"")))
            return _is_same(known[KEY], pa.ipc.read_schema(encoded))
        except (pa.ArrowException, OSError, ValueError):
            return True  # what can't be read says nothing

    def batches(self, first: int = 0) -> Iterator[pa.RecordBatch]:
        """Yield the rows from the `first` on; raises Damage."""
        with _damage():
            of = self.file.metadata
            sizes = [of.row_group(i).num_rows for i in range(of.num_row_groups)]
            for group, (start, stop) in enumerate(pairwise(accumulate(sizes, initial=0))):
                if stop <= first:
                    continue
                refuse_inflated(self.file, group, {})
                skipped = max(0, first - start)
                for batch in self.file.iter_batches(_ROWS, row_groups=[group]):
                    batch.validate(full=True)
                    if skipped < batch.num_rows:
                        yield batch.slice(skipped)
                    skipped = max(0, skipped - batch.num_rows)


@dataclass(frozen=True, slots=True)
class ArrowTable:
    """An Arrow file, mapped into memory."""

    path: Path
    file: pa.ipc.RecordBatchFileReader
    metadata: Any
    blocks: tuple[Block, ...]

    form = FORMATS["arrow"]

    @property
    def schema(self) -> pa.Schema:
        """Its columns."""
        return self.file.schema

    @property
    def rows(self) -> int:
        """How many rows its batches say that they have."""
        return sum(block.rows for block in self.blocks)

    @property
    def is_as_written_here(self) -> bool:
        """True: the format does not say by what it was written."""
        return True

    @property
    def says_the_same_twice(self) -> bool:
        """Whether the schema at its beginning says the same of it as the one at its end."""
        try:
            with pa.memory_map(str(self.path)) as mapped:
                mapped.seek(_ARROW_HEAD)
                return _is_same(self.file.schema.metadata[KEY], pa.ipc.read_schema(mapped))
        except (pa.ArrowException, OSError, ValueError):
            return True

    def batches(self, first: int = 0) -> Iterator[pa.RecordBatch]:
        """Yield the rows from the `first` on; raises Damage."""
        start = 0
        for i, block in enumerate(self.blocks):
            with _damage():
                if block.unpacked > _CHUNK_BYTES:
                    raise Damage(f"record batch {i:,} unpacks to {block.unpacked:,} bytes")
                batch = self.file.get_batch(i)
                skipped = first - start
                start += batch.num_rows
                if skipped >= batch.num_rows:
                    continue
                batch.validate(full=True)
            yield batch.slice(max(0, skipped))


ColumnarTable = ParquetTable | ArrowTable


def open_stored(path: Path) -> ColumnarTable | TextFile:
    """Open a file, and read what it says of itself; raises VerificationError.

    Parquet and Arrow are known by their first bytes, text by its suffix.
    """
    if exists(path) and not path.is_file():
        raise VerificationError(str(path), "is no file: name one, or a folder or crate of Porta's.")
    try:
        with path.open("rb") as file:
            head = file.read(len(_ARROW))
            size = file.seek(0, 2)
            file.seek(max(0, size - 8))
            tail = file.read()
    except OSError as error:
        raise VerificationError(str(path), f"can't be read: {error.strerror}.") from None
    if head.startswith(_PARQUET):
        return _parquet(path, size, tail)
    if head == _ARROW:
        return _arrow(path)
    return _text(path)


def _parquet(path: Path, size: int, tail: bytes) -> ParquetTable:
    footer = int.from_bytes(tail[:4], "little")
    if not tail.endswith(_PARQUET) or footer + 12 > size:
        raise DamagedError(
            str(path), "is not a whole Parquet file: its end is missing. Write or copy it again."
        )
    if footer > FOOTER_BYTES:
        raise VerificationError(
            str(path), f"has a footer of {footer:,} bytes, which Porta does not write."
        )
    with _unreadable(path, "Parquet"):
        file = _parquet_file(path)
        words = _words(path, file.metadata)
        file = _parquet_file(path, read_dictionary=words)  # each text once, however often it is
        known = (file.metadata.metadata or {}).get(KEY)
        return ParquetTable(path, file, _own(path, known))


def _parquet_file(path: Path, **options: Any) -> pa.parquet.ParquetFile:  # noqa: ANN401
    return pa.parquet.ParquetFile(
        path, memory_map=False, buffer_size=_BUFFER, pre_buffer=False, **options
    )


def _words(path: Path, metadata: pa.parquet.FileMetaData) -> list[str]:
    """Return the columns of text; raises VerificationError where rows may be of any size."""
    columns = [metadata.schema.column(i) for i in range(min(metadata.num_columns, _COLUMNS + 1))]
    if len(columns) > _COLUMNS or not all(map(_is_plain, columns)):
        raise VerificationError(
            str(path),
            f"has more than {_COLUMNS:,} columns, or some that are neither of numbers nor of text: "
            "Porta does not write that.",
        )
    return [column.path for column in columns if column.physical_type == "BYTE_ARRAY"]


def _is_plain(column: pa.parquet.ColumnSchema) -> bool:
    is_alone = column.max_repetition_level == 0 and column.max_definition_level <= 1
    return bool(is_alone and column.physical_type != "FIXED_LEN_BYTE_ARRAY")


def is_written_here(file: pa.parquet.ParquetFile) -> bool:
    """Whether a Parquet file was written by this version of pyarrow."""
    return bool(file.metadata.created_by == _CREATED_BY)


def refuse_inflated(file: pa.parquet.ParquetFile, group: int, lengths: Mapping[str, int]) -> None:
    """Raise Damage for a row group that unpacks to far more than its rows can need.

    `lengths` has how many values a row has in the columns that are of lists.
    """
    of = file.metadata.row_group(group)
    for i in range(of.num_columns):
        column = of.column(i)
        values = of.num_rows * max(1, lengths.get(column.path_in_schema.partition(".")[0], 1))
        each = _TEXT_BYTES if column.physical_type == "BYTE_ARRAY" else _NUMBER_BYTES
        most = min(_CHUNK_BYTES, _SLACK_BYTES + each * values)
        if column.num_values > values or column.total_uncompressed_size > most:
            raise Damage(
                f"column {column.path_in_schema[:40]} of row group {group:,} has "
                f"{column.num_values:,} values in {column.total_uncompressed_size:,} bytes, for "
                f"{of.num_rows:,} rows"
            )


def _arrow(path: Path) -> ArrowTable:
    with _unreadable(path, "Arrow"), path.open("rb") as opened:
        with mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            words = sum(block.unpacked for block in dictionary_blocks(mapped))
            blocks = tuple(record_blocks(mapped))
        if words > _CHUNK_BYTES:
            raise VerificationError(
                str(path), f"has dictionaries that unpack to {words:,} bytes: Porta has not."
            )
        file = pa.ipc.open_file(pa.memory_map(str(path)))
        known = (file.schema.metadata or {}).get(KEY)
        return ArrowTable(path, file, _own(path, known), blocks)


def _is_same(known: bytes, schema: pa.Schema) -> bool:
    """Whether a schema says the same of its file, if anything."""
    return bool((schema.metadata or {}).get(KEY, known) == known)


def _own(path: Path, known: bytes | None) -> Any:  # noqa: ANN401 - JSON of others
    if known is None:
        raise VerificationError(
            str(path),
            "says nothing of the request that it is of: Porta did not write it, or it was written "
            "again by another program without its metadata.",
        )
    if len(known) > _METADATA_BYTES:
        raise VerificationError(str(path), f"has metadata of {len(known):,} bytes, too many.")
    return _parsed(str(path), known)


def _text(path: Path) -> TextFile:
    form = next((one for one in FORMATS.values() if one.suffix == path.suffix), None)
    if form is None or form.name in {"parquet", "arrow"}:
        kind = "" if form is None else f" {form.title} file"
        raise VerificationError(
            str(path),
            f"is no{kind or ' file'} that Porta has written, nor a folder or crate of it: its "
            "first bytes are of neither Parquet nor Arrow, and its suffix is of no text.",
        )
    beside = sidecar_path(path)
    if not exists(beside):
        raise VerificationError(
            str(path),
            f"can't say of which request it is: {beside.name} is missing beside it, which "
            "--sidecar writes. Or verify the propagation by its id.",
        )
    return TextFile(path, form, read_json(beside))


def read_json(path: Path) -> Any:  # noqa: ANN401 - JSON of others
    """Read a file of JSON, of bounded size; raises VerificationError."""
    try:
        if not path.is_file() and path.exists():  # a pipe would be waited for
            raise VerificationError(str(path), "is no file.")
        with path.open("rb") as file:
            data = file.read(_METADATA_BYTES + 1)
    except OSError as error:
        raise VerificationError(str(path), f"can't be read: {error.strerror}.") from None
    if len(data) > _METADATA_BYTES:
        raise VerificationError(str(path), f"has more than {_METADATA_BYTES:,} bytes.")
    return _parsed(str(path), data)


def _parsed(what: str, data: bytes) -> Any:  # noqa: ANN401 - JSON of others
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise VerificationError(what, f"has metadata that is not JSON: {error}.") from None
    if is_nested_too_deeply(value):
        raise VerificationError(what, "has metadata that is nested more deeply than Porta writes.")
    return value


@contextmanager
def _unreadable(path: Path, title: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        raise DamagedError(
            str(path), f"is not a whole {title} file: {_first_line(error)}"
        ) from None


@contextmanager
def _damage() -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        raise Damage(_first_line(error)) from None


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
