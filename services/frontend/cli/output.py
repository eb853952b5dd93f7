"""Where `porta propagate` writes the records: a file, a pipe, a device or standard output.

- A file appears when all of it is written (`sim.export.whole_file`).
- The format is the one that is asked for by name, else that of the file's suffix. What has no
  suffix, such as standard output, gets CSV.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import click
import numpy as np

from frontend.cli.progress_bar import Progress
from frontend.cli.standard_streams import abandon_output
from frontend.errors import BadRequest, FrontendError
from sim.export import FORMATS, Format, export, export_states, of_agent, whole_file
from sim.scenario import PropagationRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import pyarrow as pa

    from sim.engine import Propagation
    from sim.export.metadata import Metadata
    from sim.models.model import Model, Scenario

__all__ = ["Output", "Selection"]

STDOUT: Final = {"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"}
WITHOUT_SUFFIX: Final = "csv"  # a line for each record: what most programs read from a pipe

WAYS: Final = (
    ", name the format with --format, or end the name with a / for a directory of Parquet files"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is written: all records, every so-manyth of each agent, or the states at times."""

    every: int | None = None
    times: tuple[float, ...] | None = None
    agent: str | None = None

    @property
    def unit(self) -> str:
        """What a row is."""
        return "records" if self.times is None else "states"

    def rows(self, propagation: Propagation) -> int:
        """Return how many rows there are."""
        if self.times is not None:
            agents = len(propagation.trajectory.scenario.agents) if self.agent is None else 1
            return len(self.times) * agents
        k = self.every or 1
        by_agent = propagation.records_by_agent
        counts = by_agent.values() if self.agent is None else (by_agent[self.agent],)
        return sum(-(-count // k) for count in counts)

    def batches(self, propagation: Propagation) -> Iterator[pa.RecordBatch]:
        """Return the rows in batches; raises RequestError for times that take too much."""
        if self.times is not None:
            rows = propagation.states(self.times)
        elif self.every is not None:
            rows = propagation.every(self.every)
        else:
            rows = propagation.slices()
        names = propagation.trajectory.scenario.names
        return of_agent(rows, None if self.agent is None else names.index(self.agent))

    def check(self, scenario: Scenario, form: Format) -> None:
        """Refuse rows that a format can't hold; raises BadRequest and RequestError."""
        form.check(scenario)
        if self.agent is None:
            return
        if not form.is_by_agent:
            raise BadRequest("--agent is for an OEM; other files have an agent column.")
        if self.agent not in scenario.names:
            raise BadRequest(f"--agent names no agent of the scenario: {self.agent[:100]!r}.")

    def metadata(self, propagation: Propagation) -> Metadata:
        """Return what a file of these rows says of itself."""
        from sim.export.metadata import Chosen, Metadata, chosen_times  # Arrow: slow to load

        chosen = Chosen(every=self.every)
        if self.times is not None:
            chosen = chosen_times(np.array(self.times, np.float64))
        request = PropagationRequest(propagation.steps, propagation.trajectory)
        checksum = propagation.checkpoints_checksum
        return Metadata(request=request, chosen=chosen, checksum=checksum)

    def schema(self, model: Model) -> pa.Schema:
        """Return the columns of the rows."""
        from sim.records import schema_of, states_schema_of  # the same

        return schema_of(model) if self.times is None else states_schema_of(model)

    def written(
        self, batches: Iterable[pa.RecordBatch], form: Format, schema: pa.Schema
    ) -> Iterator[bytes]:
        """Yield the pieces of a file with these rows."""
        write = export if self.times is None else export_states
        return write(batches, form, schema)


@dataclass(frozen=True, slots=True)
class Output:
    """The place for the records, None for standard output, and their format."""

    path: Path | None
    form: Format
    sidecar: bool = False

    @classmethod
    def of(
        cls, output: str, form: str | None = None, *, sidecar: bool = False, ways: str = WAYS
    ) -> Output:
        """Choose place and format; raises BadRequest, before anything is computed.

        With a `sidecar`, what the file is of is written beside it. `ways` are those that the
        command has beside a suffix, in words.
        """
        chosen = cls._of(output, form, ways)
        if not sidecar:
            return chosen
        if chosen.path is None or (chosen.path.exists() and not chosen.path.is_file()):
            raise BadRequest("--sidecar writes beside a file: give --output a file's name.")
        return replace(chosen, sidecar=True)

    @classmethod
    def _of(cls, output: str, form: str | None, ways: str) -> Output:
        if output in STDOUT:
            if sys.stdout is None:
                raise BadRequest("Standard output is closed; write to a file instead.")
            return cls(None, FORMATS[form or WITHOUT_SUFFIX])
        path = Path(output)
        chosen = FORMATS[form] if form is not None else _by_suffix(path, ways)
        if not path.parent.is_dir():
            raise BadRequest(f"There is no directory {str(path.parent)!r} to write to.")
        return cls(path, chosen)

    def write(self, propagation: Propagation, selection: Selection = Selection()) -> None:
        """Write the records that are selected; raises FrontendError, and RequestError."""
        from sim.export.metadata import described

        selection.batches(propagation)  # which refuses times that take too much
        metadata = selection.metadata(propagation)
        schema = described(selection.schema(propagation.trajectory.scenario.model), metadata)
        self.write_pieces(
            lambda bar: selection.written(
                bar.counted(lambda: selection.batches(propagation)), self.form, schema
            ),
            selection.rows(propagation),
            selection.unit,
        )
        self.write_sidecar(metadata, schema)

    def write_sidecar(self, metadata: Metadata, schema: pa.Schema) -> None:
        """Write beside the file what it is of, if that was asked for; raises FrontendError."""
        from sim.export.metadata import sidecar_of, sidecar_path

        if not self.sidecar or self.path is None:
            return
        beside = sidecar_path(self.path)
        try:
            with self.path.open("rb") as file, whole_file(beside) as of:
                of.write(sidecar_of(file, metadata, schema.names))
        except OSError as error:
            raise FrontendError(f"{beside} can't be written: {error.strerror}.") from error
        click.echo(f"Wrote {beside}.", err=True)

    def write_pieces(
        self, pieces: Callable[[Progress], Iterator[bytes]], total: int, unit: str
    ) -> None:
        """Write the pieces of a file of `total` rows, which count on the bar that they get."""
        size = 0
        try:
            with self._opened() as file, Progress.of(total, "writing") as bar:
                for piece in pieces(bar):
                    file.write(piece)
                    size += len(piece)
                rows = bar.done
        except OSError as error:
            if self.path is None:
                if isinstance(error, BrokenPipeError):
                    raise  # its reader has read enough, as `head` does: nothing to say
                abandon_output()
            raise FrontendError(f"{self._name} can't be written: {error.strerror}.") from error
        click.echo(f"Wrote {self._name}: {rows:,} {unit}, {size:,} bytes.", err=True)

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


def _by_suffix(path: Path, ways: str) -> Format:
    by_suffix = {form.suffix: form for form in FORMATS.values()}
    if path.suffix in by_suffix:
        return by_suffix[path.suffix]
    if path.exists() and not path.is_file() and not path.is_dir():
        return FORMATS[WITHOUT_SUFFIX]
    raise BadRequest(
        f"The suffix of {str(path)!r} is not a known format. Use {', '.join(by_suffix)}{ways}."
    )
