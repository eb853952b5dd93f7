"""The table of formats: what each is called, where it is written, how large it becomes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from sim.export.columnar import write_arrow, write_parquet
from sim.export.text import CSV, DATA_JS, JSON, write_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import pyarrow as pa

__all__ = ["FORMATS", "Format", "export"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A file format: `bytes_per_record` is what to expect for two agents, for estimates only."""

    name: str
    suffix: str
    media_type: str
    bytes_per_record: int
    write: Callable[[Iterable[pa.RecordBatch]], Iterator[bytes]] = field(repr=False)


def _js() -> Format:
    return Format(
        name="js",
        suffix=".js",
        media_type="text/javascript; charset=utf-8",  # RFC 9239
        bytes_per_record=220,
        write=partial(write_text, style=DATA_JS),
    )


def _json() -> Format:
    return Format(
        name="json",
        suffix=".json",
        media_type="application/json",  # RFC 8259
        bytes_per_record=220,
        write=partial(write_text, style=JSON),
    )


def _csv() -> Format:
    return Format(
        name="csv",
        suffix=".csv",
        media_type="text/csv; charset=utf-8; header=present",  # RFC 4180
        bytes_per_record=145,
        write=partial(write_text, style=CSV),
    )


def _arrow() -> Format:
    return Format(
        name="arrow",
        suffix=".arrow",
        media_type="application/vnd.apache.arrow.file",  # IANA's registry of media types
        bytes_per_record=58,
        write=write_arrow,
    )


def _parquet() -> Format:
    return Format(
        name="parquet",
        suffix=".parquet",
        media_type="application/vnd.apache.parquet",  # IANA's registry of media types
        bytes_per_record=40,
        write=write_parquet,
    )


FORMATS: Final[Mapping[str, Format]] = MappingProxyType(
    {made.name: made for made in (_js(), _json(), _csv(), _arrow(), _parquet())}
)
"""Every format by its name."""


def export(batches: Iterable[pa.RecordBatch], to: Format) -> Iterator[bytes]:
    """Write batches of `sim.records.SCHEMA`, initial rows first, as the pieces of one file."""
    return to.write(batches)
