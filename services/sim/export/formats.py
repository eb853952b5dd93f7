"""The table of formats: all that Porta offers to write records as.

The page, the API, its description and the command line read this table and no other list: a
format that is added here is offered by all four.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from sim.errors import RequestError
from sim.export.columnar import write_arrow, write_parquet
from sim.export.oem import write_oem
from sim.export.oem_message import refusal
from sim.export.text import CSV, DATA_JS, JSON, write_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import pyarrow as pa

    from sim.scenario import Scenario

__all__ = ["FORMATS", "Format", "export"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A file format: what it is called, how it is described, and how it is written."""

    name: str
    """The word that selects it, in a query for example."""
    suffix: str
    """The end of a file's name that selects it, with its dot."""
    media_type: str
    title: str
    """What a person knows it as."""
    description: str
    """A few words on what such a file holds, to stand after the title."""
    bytes_per_record: int
    """Measured with two agents; for estimates only."""
    held_bytes: int
    """What its writer holds between two pieces, with the last of them; measured, for estimates."""
    page_file: str | None = None
    """The name of the file beside a propagation's page, where a script element loads it from there
    instead of a program from the API."""
    write: Callable[[Iterable[pa.RecordBatch], pa.Schema], Iterator[bytes]] = field(repr=False)
    refusal: Callable[[Scenario], str] = field(default=lambda _: "", repr=False)
    """Why the records of a scenario can't be written as it, in a sentence; "" where they can."""
    is_by_agent: bool = False
    """Whether it has the records of an agent together, so that those of one alone are a file."""

    def check(self, scenario: Scenario) -> None:
        """Raise RequestError where the records of a scenario can't be written as it."""
        if why := self.refusal(scenario):
            raise RequestError("format", why)


def _js() -> Format:
    return Format(
        name="js",
        suffix=".js",
        media_type="text/javascript; charset=utf-8",  # RFC 9239
        title="data.js",
        description="a JavaScript array",
        bytes_per_record=220,
        held_bytes=2 * 2**20,  # a piece of 8,192 records
        page_file="data.js",
        write=partial(write_text, style=DATA_JS),
    )


def _json() -> Format:
    return Format(
        name="json",
        suffix=".json",
        media_type="application/json",  # RFC 8259
        title="JSON",
        description="an array, as in data.js",
        bytes_per_record=220,
        held_bytes=2 * 2**20,  # a piece of 8,192 records
        write=partial(write_text, style=JSON),
    )


def _csv() -> Format:
    return Format(
        name="csv",
        suffix=".csv",
        media_type="text/csv; charset=utf-8; header=present",  # RFC 4180
        title="CSV",
        description="one row per record",
        bytes_per_record=145,
        held_bytes=3 * 2**19,  # a piece of 8,192 records
        write=partial(write_text, style=CSV),
    )


def _arrow() -> Format:
    return Format(
        name="arrow",
        suffix=".arrow",
        media_type="application/vnd.apache.arrow.file",  # IANA's registry of media types
        title="Arrow",
        description="columnar, uncompressed",
        bytes_per_record=58,
        held_bytes=4 * 2**20,  # a piece of 32,768 records, and what is left of the next
        write=write_arrow,
    )


def _parquet() -> Format:
    return Format(
        name="parquet",
        suffix=".parquet",
        media_type="application/vnd.apache.parquet",  # IANA's registry of media types
        title="Parquet",
        description="columnar, compressed",
        bytes_per_record=40,
        held_bytes=4 * 2**20,  # a piece of 32,768 records, what is left of the next, the footer
        write=write_parquet,
    )


def _oem() -> Format:
    return Format(
        name="oem",
        suffix=".oem",
        media_type="text/plain; charset=us-ascii",  # SANA registers none for its KVN
        title="OEM",
        description="an Orbit Ephemeris Message in km and km/s",
        bytes_per_record=167,
        held_bytes=12 * 2**20,  # the states that wait for their segment, and a piece of 8,192
        write=write_oem,
        refusal=refusal,
        is_by_agent=True,
    )


_FORMATS: Final = (_js(), _json(), _csv(), _arrow(), _parquet(), _oem())
_TABLE: Final = {made.name: made for made in _FORMATS}

FORMATS: Final[Mapping[str, Format]] = MappingProxyType(_TABLE)
"""Every format by its name, in the order in which they are offered."""


def export(batches: Iterable[pa.RecordBatch], to: Format, schema: pa.Schema) -> Iterator[bytes]:
    """Write batches, initial rows first, as the pieces of one file.

    `schema` is theirs (`sim.records.schema_of`), and that of a file without any. A format that
    is by agent reads them more than once, and needs to know of which request they are: batches are
    then a `Reread`, and the schema is `described`.
    """
    return to.write(batches, schema)
