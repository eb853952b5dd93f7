"""`porta propagate`: propagates, and writes the records or prints a summary.

- `cli/execution` computes: through a runner, on a cluster of the command's own, or in this process.
- A file is complete or not there: it is written under another name and then renamed.
- The summary goes to standard output, progress and everything else to standard error.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click
import orjson

from frontend.cli.progress_bar import Progress
from frontend.cli.summary import summary
from frontend.errors import BadRequest, FrontendError
from frontend.propagations import requests
from sim.export import FORMATS, Format, export

if TYPE_CHECKING:
    from frontend.settings import Settings
    from sim.engine import Propagation
    from sim.scenario import PropagationRequest

__all__ = ["Arguments", "Workers", "run"]

Workers = int | Literal["auto", "inline"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """The arguments of `porta propagate`, as they were written."""

    steps: str
    seed: str
    members: str
    scenario: Path | None
    workers: Workers
    output: str | None

    def request(self, settings: Settings) -> PropagationRequest:
        """Return the request that they describe; raises BadRequest."""
        limits = requests.Limits(max_steps=settings.max_steps, max_work=settings.max_work)
        return requests.read_request(
            limits,
            steps=requests.whole_number(self.steps, "number of steps"),
            seed=requests.whole_number(self.seed, "seed"),
            members=requests.whole_number(self.members, "number of members"),
            scenario=None if self.scenario is None else _read_json(self.scenario),
        )


def run(settings: Settings, arguments: Arguments) -> None:
    """Propagate, and write the records or print a summary; raises FrontendError."""
    request = arguments.request(settings)
    if arguments.output is not None and arguments.output.endswith("/"):
        _write_parts(settings, request, arguments.workers, arguments.output)
        return
    file = None if arguments.output is None else _OutputFile.of(arguments.output)
    from frontend.cli.execution import choice

    propagation = choice.propagation(settings, request, arguments.workers)
    if file is None:
        click.echo(summary(request, propagation))
    else:
        file.write(propagation)


def _write_parts(
    settings: Settings, request: PropagationRequest, workers: Workers, output: str
) -> None:
    if workers == "inline":
        raise BadRequest(
            "A directory is written by workers: use --workers auto, or a number of them."
        )
    from frontend.cli.execution import choice

    parts = choice.export_parts(settings, request, workers, Path(output))
    click.echo(f"Wrote {parts} Parquet part{'s' * (parts != 1)} to {output}.", err=True)


@dataclass(frozen=True, slots=True)
class _OutputFile:
    """The file for the records, and its format."""

    path: Path
    form: Format

    @classmethod
    def of(cls, output: str) -> _OutputFile:
        """Choose the format by the suffix; raises BadRequest, before anything is computed."""
        path = Path(output)
        by_suffix = {form.suffix: form for form in FORMATS.values()}
        form = by_suffix.get(path.suffix)
        if form is None:
            raise BadRequest(
                f"The suffix of {output!r} is not a known format. Use {', '.join(by_suffix)}, "
                "or end the name with a / for a directory of Parquet files."
            )
        if not path.parent.is_dir():
            raise BadRequest(f"There is no directory {str(path.parent)!r} to write to.")
        return cls(path, form)

    def write(self, propagation: Propagation) -> None:
        """Write the records; the file appears once all of them are written."""
        partial = self.path.with_name(f".{self.path.name}.part")
        size = 0
        try:
            with partial.open("wb") as file, Progress.of(propagation.records, "writing") as bar:
                for piece in export(bar.count(propagation.slices()), self.form):
                    size += file.write(piece)
            partial.replace(self.path)
        except OSError as error:
            raise FrontendError(f"{self.path} can't be written: {error.strerror}.") from error
        finally:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
        click.echo(f"Wrote {self.path}: {propagation.records:,} records, {size:,} bytes.", err=True)


def _read_json(path: Path) -> object:
    try:
        value: object = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"{path} is not JSON: {error}.") from None
    except OSError as error:
        raise BadRequest(f"{path} can't be read: {error.strerror}.") from None
    return value
