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
from sim.export import FORMATS, Format, export, whole_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.engine import Propagation

__all__ = ["Output"]

STDOUT: Final = {"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"}
WITHOUT_SUFFIX: Final = "csv"  # a line for each record: what most programs read from a pipe


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

    def write(self, propagation: Propagation) -> None:
        """Write the records; raises FrontendError."""
        from sim.records import schema_of  # Arrow, which is slow to load

        size, schema = 0, schema_of(propagation.trajectory.scenario.model)
        try:
            with self._opened() as file, Progress.of(propagation.records, "writing") as bar:
                for piece in export(bar.count(propagation.slices()), self.form, schema):
                    file.write(piece)
                    size += len(piece)
        except OSError as error:
            if self.path is None:
                if isinstance(error, BrokenPipeError):
                    raise  # its reader has read enough, as `head` does: nothing to say
                abandon_output()
            raise FrontendError(f"{self._name} can't be written: {error.strerror}.") from error
        click.echo(
            f"Wrote {self._name}: {propagation.records:,} records, {size:,} bytes.", err=True
        )

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
