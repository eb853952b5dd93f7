"""Where `porta propagate` writes the records: a file, a pipe, a device or standard output.

- A file appears when all of it is written (`sim.export.whole_file`).
- The format is the one that is asked for by name, else that of the file's suffix. What has no
  suffix, such as standard output, gets CSV.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import click

from frontend.cli.progress_bar import Progress
from frontend.cli.standard_streams import abandon_output
from frontend.errors import BadRequest, FrontendError
from sim.export import FORMATS, Format, export, export_states, whole_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from sim.engine import Propagation
    from sim.models.model import Model

__all__ = ["Output", "Selection"]

STDOUT: Final = {"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"}
WITHOUT_SUFFIX: Final = "csv"  # a line for each record: what most programs read from a pipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is written: all records, every so-manyth of each agent, or the states at times."""

    every: int | None = None
    times: tuple[float, ...] | None = None

    @property
    def unit(self) -> str:
        """What a row is."""
        return "records" if self.times is None else "states"

    def rows(self, propagation: Propagation) -> int:
        """Return how many rows there are."""
        if self.times is not None:
            return len(self.times) * len(propagation.trajectory.scenario.agents)
        k = self.every or 1
        return sum(-(-count // k) for count in propagation.records_by_agent.values())

    def batches(self, propagation: Propagation) -> Iterator[pa.RecordBatch]:
        """Return the rows in batches; raises RequestError for times that take too much."""
        if self.times is not None:
            return propagation.states(self.times)
        return propagation.slices() if self.every is None else propagation.every(self.every)

    def written(
        self, batches: Iterator[pa.RecordBatch], form: Format, model: Model
    ) -> Iterator[bytes]:
        """Yield the pieces of a file with these rows."""
        from sim.records import schema_of, states_schema_of  # Arrow, which is slow to load

        if self.times is None:
            return export(batches, form, schema_of(model))
        return export_states(batches, form, states_schema_of(model))


@dataclass(frozen=True, slots=True)
class Output:
    """The place for the records, None for standard output, and their format."""

    path: Path | None
    form: Format

    @classmethod
    def of(cls, output: str, form: str | None = None) -> Output:
        """Choose place and format; raises BadRequest, before anything is computed."""
        if output in STDOUT:
            if sys.stdout is None:
                raise BadRequest("Standard output is closed; write to a file instead.")
            return cls(None, FORMATS[form or WITHOUT_SUFFIX])
        path = Path(output)
        chosen = FORMATS[form] if form is not None else _by_suffix(path)
        if not path.parent.is_dir():
            raise BadRequest(f"There is no directory {str(path.parent)!r} to write to.")
        return cls(path, chosen)

    def write(self, propagation: Propagation, selection: Selection = Selection()) -> None:
        """Write the records that are selected; raises FrontendError, and RequestError."""
        size, batches = 0, selection.batches(propagation)
        model = propagation.trajectory.scenario.model
        try:
            with self._opened() as file, Progress.of(selection.rows(propagation), "writing") as bar:
                for piece in selection.written(bar.count(batches), self.form, model):
                    file.write(piece)
                    size += len(piece)
                rows = bar.done
        except OSError as error:
            if self.path is None:
                if isinstance(error, BrokenPipeError):
                    raise  # its reader has read enough, as `head` does: nothing to say
                abandon_output()
            raise FrontendError(f"{self._name} can't be written: {error.strerror}.") from error
        click.echo(f"Wrote {self._name}: {rows:,} {selection.unit}, {size:,} bytes.", err=True)

    @property
    def _name(self) -> str:
        return "standard output" if self.path is None else str(self.path)

    @contextmanager
    def _opened(self) -> Iterator[IO[bytes]]:
        if self.path is not None:
            with whole_file(self.path) as file:
                yield file
            return
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()


def _by_suffix(path: Path) -> Format:
    by_suffix = {form.suffix: form for form in FORMATS.values()}
    if path.suffix in by_suffix:
        return by_suffix[path.suffix]
    if path.exists() and not path.is_file() and not path.is_dir():
        return FORMATS[WITHOUT_SUFFIX]
    raise BadRequest(
        f"The suffix of {str(path)!r} is not a known format. Use {', '.join(by_suffix)}, name the "
        "format with --format, or end the name with a / for a directory of Parquet files."
    )
