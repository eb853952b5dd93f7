"""`porta propagate`: what the web does, at a terminal.

- With Redis and Dask configured, `--workers auto` joins the run that a page would join. With a
  number of workers it is a cluster of this command's own. Else it is this process.
- A file is complete or not there: it is written beside its place and moved.
- Progress is shown on a terminal only; results go to standard output, all else to the other.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

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

__all__ = ["Order", "Workers", "propagate"]

Workers = int | Literal["auto", "inline"]

BY_SUFFIX: Final = {one.suffix: one for one in FORMATS.values()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What was written on the command line of `porta propagate`."""

    steps: str
    seed: str
    members: str
    scenario: Path | None
    workers: Workers
    output: str | None

    def request(self, settings: Settings) -> PropagationRequest:
        """Return the request; raises BadRequest."""
        limits = requests.Limits(max_steps=settings.max_steps, max_work=settings.max_work)
        return requests.read_request(
            limits,
            steps=requests.whole_number(self.steps, "number of steps"),
            seed=requests.whole_number(self.seed, "seed"),
            members=requests.whole_number(self.members, "number of members"),
            scenario=None if self.scenario is None else _read_json(self.scenario),
        )


def propagate(settings: Settings, order: Order) -> None:
    """Propagate, and write the records or print what came out; raises FrontendError."""
    request = order.request(settings)
    if order.output is not None and order.output.endswith("/"):
        _write_parts(settings, request, order.workers, order.output)
        return
    place = None if order.output is None else _Place.of(order.output)
    from frontend.cli.execution import choice

    propagation = choice.propagation(settings, request, order.workers)
    if place is None:
        click.echo(summary(request, propagation))
    else:
        place.write(propagation)


def _write_parts(
    settings: Settings, request: PropagationRequest, workers: Workers, output: str
) -> None:
    if workers == "inline":
        raise BadRequest("A folder is written by workers: --workers auto, or a number of them.")
    from frontend.cli.execution import choice

    parts = choice.export_parts(settings, request, workers, Path(output))
    click.echo(f"Wrote {parts} Parquet parts to {output}.", err=True)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where records are written, and as what."""

    path: Path
    form: Format

    @classmethod
    def of(cls, output: str) -> _Place:
        """Tell the format by the suffix; raises BadRequest before anything is computed."""
        path = Path(output)
        form = BY_SUFFIX.get(path.suffix)
        if form is None:
            raise BadRequest(
                f"The suffix of {output!r} says no format; there are {', '.join(BY_SUFFIX)}, or "
                "a folder with a / at its end."
            )
        if not path.parent.is_dir():
            raise BadRequest(f"There is no folder {str(path.parent)!r} to write to.")
        return cls(path, form)

    def write(self, propagation: Propagation) -> None:
        """Write the records; the file is there when all of them are."""
        partial = self.path.with_name(f".{self.path.name}.part")
        size = 0
        try:
            with partial.open("wb") as file, Progress.of(propagation.records, "writing") as shown:
                for piece in export(shown.count(propagation.slices()), self.form):
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
        raise BadRequest(f"{path} is no JSON: {error}.") from None
    except OSError as error:
        raise BadRequest(f"{path} can't be read: {error.strerror}.") from None
    return value
