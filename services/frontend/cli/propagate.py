"""`porta propagate`: propagates, and writes the records or prints a summary.

- `cli/execution` computes: through a runner, on a cluster of the command's own, or in this process.
- The summary goes to standard output, progress and everything else to standard error.
"""

from __future__ import annotations

import codecs
import math
import sys
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import click

from frontend.cli.crate import refuse_beside_a_crate, refuse_output, write_run_crate
from frontend.cli.output import Output, Selection
from frontend.cli.progress_bar import Progress
from frontend.cli.summary import counted, outcome, summary
from frontend.errors import BadRequest
from frontend.propagations import requests
from frontend.web.http.json_text import read_json
from sim import jit
from sim.crates.writing import is_crate
from sim.errors import RequestError
from sim.export.folder import ExportFolder
from sim.order import Order
from sim.presets import preset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from frontend.settings import Settings
    from sim.presets import Preset
    from sim.scenario import PropagationRequest

__all__ = ["Arguments", "Workers", "run"]

Workers = int | Literal["auto", "inline"]

STDIN: Final = Path("-")
TIMES_BYTES: Final = 2**25  # a million numbers in full precision
DISPERSION_BYTES: Final = 2**21  # a thousand covariances in full precision take 800 kB
SCENARIO_BYTES: Final = 2**24  # a thousand agents take 300 kB, also with spaces and indentation


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """The arguments of `porta propagate`, as they were written."""

    steps: str | None
    seed: str
    member: str | None
    members: str
    scenario: Path | None
    dispersion: Path | None = None
    agents: str | None = None
    preset: str | None = None
    workers: Workers
    output: str | None
    output_format: str | None
    overwrite: bool
    until: str | None = None
    stop_escape: str | None = None
    stop_within: str | None = None
    every: str | None = None
    times: str | None = None
    sidecar: bool = False
    agent: str | None = None
    initial: Path | None = None
    initial_epoch: str | None = None

    def request(self, settings: Settings) -> PropagationRequest:
        """Return the request that they describe; raises BadRequest."""
        limits = requests.Limits(max_steps=settings.max_steps, max_work=settings.max_work)
        steps = self._steps()
        return requests.read_order(
            limits,
            steps=steps,
            until=None if self.until is None else _real(self.until, "--until"),
            stop=self._stop(),
            seed=requests.whole_number(self.seed, "seed"),
            member=None if self.member is None else requests.whole_number(self.member, "member"),
            members=requests.whole_number(self.members, "number of members"),
            scenario=self._scenario(),
            dispersion=None
            if self.dispersion is None
            else _read_json(self.dispersion, DISPERSION_BYTES, "a dispersion"),
            agents=None if self.agents is None else self.agents.split(","),
        )

    def _steps(self) -> int | None:
        """Return the number of steps: as given, or the preset's; None with a time to reach."""
        if self.until is not None:
            if (self.steps, self.stop_escape, self.stop_within) != (None, None, None):
                raise BadRequest(
                    "--until takes the place of N, --stop-escape and --stop-within: give it alone."
                )
            return None
        if self.steps is not None:
            return requests.step_count(self.steps)
        if self.preset is None:
            raise BadRequest("Say how many steps, or a time to reach: --until T.")
        return self._chosen_preset(self.preset).steps

    def _stop(self) -> dict[str, object] | None:
        """Return the stop condition as the HTTP interface accepts it."""
        if self.stop_escape is not None and self.stop_within is not None:
            raise BadRequest("--stop-escape and --stop-within are two orders; give one of them.")
        if self.stop_escape is not None:
            return {"agent": self.stop_escape, "escape": True}
        if self.stop_within is None:
            return None
        agent, colon, distance = self.stop_within.rpartition(":")
        if not colon:
            raise BadRequest(
                f"--stop-within must be AGENT:DISTANCE, such as {distance or 'Satellite'}:0.5."
            )
        return {"agent": agent, "within": _real(distance, "the distance of --stop-within")}

    def selection(self) -> Selection:
        """Return which records, or states at which times, are to be written."""
        if self.every is not None and self.times is not None:
            raise BadRequest("--every and --times each choose what is written; give one of them.")
        if self.every is not None:
            every = requests.whole_number(self.every, "number of --every")
            if every < 1:
                raise BadRequest("--every must be a whole number from 1 on.")
            return Selection(every=every, agent=self.agent)
        if self.times is None:
            return Selection(agent=self.agent)
        times = _read_times(self.times)
        if not times or not all(map(math.isfinite, times)):
            raise BadRequest("--times must be finite numbers, at least one.")
        return Selection(times=times, agent=self.agent)

    def _scenario(self) -> object | None:
        """Return the scenario that is asked for, as parsed JSON; None for the default one."""
        base = self._base()
        if self.initial is None:
            return base
        from frontend.cli.initial import scenario_from

        return scenario_from(self.initial, base, self.initial_epoch)

    def _base(self) -> object | None:
        """Return the scenario that is given, or a preset's."""
        if self.preset is None:
            if self.scenario is None:
                return None
            return _read_json(self.scenario, SCENARIO_BYTES, "a scenario")
        if self.scenario is not None:
            raise BadRequest("--preset is a scenario already: leave out --scenario.")
        return self._chosen_preset(self.preset).scenario.to_json()

    @staticmethod
    def _chosen_preset(name: str) -> Preset:
        try:
            return preset(name)
        except RequestError as error:
            raise BadRequest(f"--{error}") from None


def run(settings: Settings, arguments: Arguments) -> None:
    """Propagate, and write the records or print a summary; raises FrontendError."""
    request = arguments.request(settings)
    _check_options(arguments)
    if arguments.steps is None and arguments.until is None:
        click.echo(f"{counted(request.steps, 'step')}, as the preset says.", err=True)
    with jit.announced(_say_that_kernels_are_compiled):
        if request.is_ensemble:
            from frontend.cli.ensemble import run_ensemble

            run_ensemble(settings, request, arguments)
        elif arguments.output is not None and is_crate(arguments.output):
            _write_crate(settings, request, arguments)
        elif arguments.output is not None and arguments.output.endswith("/"):
            _write_parts(settings, request, arguments)
        else:
            _write(settings, request, arguments)


def _check_options(arguments: Arguments) -> None:
    """Refuse options that would have no effect; raises BadRequest."""
    if arguments.output == "":
        raise BadRequest("--output needs a name: a file, a directory with a / at its end, or -.")
    if arguments.output is None and arguments.output_format is not None:
        raise BadRequest("--format needs an --output; - is standard output.")
    if is_crate(arguments.output or ""):
        _check_crate(arguments)
    _check_orbit_data(arguments)
    if arguments.every is not None or arguments.times is not None:
        if arguments.output is None:
            raise BadRequest("--every and --times choose what is written: give an --output.")
        if arguments.output.endswith("/") and not is_crate(arguments.output):
            raise BadRequest("A directory gets all records; name a file for --every or --times.")
    if arguments.sidecar and (arguments.output is None or arguments.output.endswith("/")):
        raise BadRequest(
            "--sidecar writes beside a file what it is of: give --output a file's name. A "
            "directory's manifest has it already."
        )
    if arguments.overwrite and not (arguments.output or "").endswith("/"):
        raise BadRequest(
            "--overwrite is for a directory: give --output a name with a / at its end."
        )


def _check_orbit_data(arguments: Arguments) -> None:
    """Refuse what has no meaning without an OEM or an OPM; raises BadRequest."""
    if arguments.agent is not None and (arguments.output or "/").endswith("/"):
        raise BadRequest("--agent chooses whose states an OEM has: give an --output such as x.oem.")
    if arguments.initial_epoch is not None and arguments.initial is None:
        raise BadRequest("--initial-epoch chooses a state of a file: name it by --initial.")


def _check_crate(arguments: Arguments) -> None:
    """Refuse what has no meaning for a crate, and where none can be; raises BadRequest."""
    refuse_beside_a_crate(
        {
            "--every": arguments.every is not None,
            "--times": arguments.times is not None,
            "--format": arguments.output_format is not None,
            "--sidecar": arguments.sidecar,
            "--overwrite": arguments.overwrite,
        }
    )
    refuse_output(str(arguments.output))


def _say_that_kernels_are_compiled() -> None:
    click.echo(
        "Compiling the numerical kernels, once on this machine; this can take a minute.", err=True
    )


def _write(settings: Settings, request: PropagationRequest, arguments: Arguments) -> None:
    output = (
        None
        if arguments.output is None
        else Output.of(arguments.output, arguments.output_format, sidecar=arguments.sidecar)
    )
    selection = arguments.selection()
    from frontend.cli.execution import choice

    if output is not None:
        with choice.frontend_errors():
            selection.check(request.trajectory.scenario, output.form)
    propagation = choice.propagation(
        settings, request, arguments.workers, is_written=output is not None
    )
    if isinstance(request, Order):
        click.echo(outcome(request, propagation), err=True)
        request = request.answer(propagation.steps)
    if output is None:
        click.echo(summary(request, propagation))
    else:
        with choice.frontend_errors():
            output.write(propagation, selection)


def _write_crate(settings: Settings, request: PropagationRequest, arguments: Arguments) -> None:
    from frontend.cli.execution import choice

    propagation = choice.propagation(settings, request, arguments.workers, is_written=True)
    if isinstance(request, Order):
        click.echo(outcome(request, propagation), err=True)
        request = request.answer(propagation.steps)
    with choice.frontend_errors():
        write_run_crate(str(arguments.output), request, propagation)


def _write_parts(settings: Settings, request: PropagationRequest, arguments: Arguments) -> None:
    directory, workers = str(arguments.output), arguments.workers
    if workers == "inline":
        raise BadRequest(
            "A directory is written by workers: use --workers auto, or a number of them."
        )
    if arguments.output_format not in {None, "parquet"}:
        raise BadRequest("A directory gets Parquet parts; name a file for another --format.")
    from frontend.cli.execution import choice

    if isinstance(request, Order):  # its steps come first: they are what a part belongs to
        found = choice.propagation(settings, request, "auto")
        click.echo(outcome(request, found), err=True)
        request = request.answer(found.steps)
    with choice.frontend_errors(), _locked(request, arguments) as folder:
        if folder.complete:
            click.echo(f"{directory} is complete already: {_parts(folder)}.", err=True)
            return
        if folder.parts:
            click.echo(f"{directory} holds {_parts(folder)} already; writing the rest.", err=True)
        choice.export_parts(settings, folder, workers)
        click.echo(f"Wrote {_parts(folder)} to {directory}.", err=True)


@contextmanager
def _locked(request: PropagationRequest, arguments: Arguments) -> Iterator[ExportFolder]:
    """Lock the directory for the parts, with a progress bar while those there are verified."""
    with ExitStack() as stack:
        with Progress.of(1_000, "verifying") as bar:  # shown in thousandths

            def show(verified: int, parts: int) -> None:
                bar.reach(1_000 * verified // parts)

            folder = stack.enter_context(
                ExportFolder.locked(
                    Path(str(arguments.output)),
                    request,
                    overwrite=arguments.overwrite,
                    on_verified=show,
                )
            )
        yield folder


def _parts(folder: ExportFolder) -> str:
    count = len(folder.parts)
    return f"{count:,} Parquet part{'s' * (count != 1)}"


def _real(text: str, what: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise BadRequest(f"{what} must be a number, such as 12.5.") from None


def _read_times(text: str) -> tuple[float, ...]:
    """Read numbers with commas between them, or those of a file."""
    with suppress(ValueError):
        return tuple(map(float, text.split(",")))
    path = Path(text)
    if path != STDIN and not path.exists():
        raise BadRequest(
            f"--times must be numbers with commas, or a file of numbers, not {text!r}."
        )
    words = _read_text(path, TIMES_BYTES, "times").replace(b",", b" ").split()
    try:
        return tuple(map(float, words))
    except ValueError:
        raise BadRequest(
            f"{text} must hold numbers alone, with spaces or commas between."
        ) from None


def _read_json(path: Path, most: int, what: str) -> object:
    """Read a file of JSON, of so many bytes at most; raises BadRequest."""
    name = "standard input" if path == STDIN else str(path)
    data = _read_text(path, most, what)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise BadRequest(f"{name} is not UTF-8, as JSON must be, but UTF-16; save it as UTF-8.")
    document: object = read_json(data.removeprefix(codecs.BOM_UTF8), name)  # RFC 8259, section 8.1
    return document


def _read_text(path: Path, most: int, what: str) -> bytes:
    """Read a file of so many bytes at most; raises BadRequest."""
    name = "standard input" if path == STDIN else str(path)
    try:
        data = _read(path, most, what)
    except OSError as error:
        raise BadRequest(f"{name} can't be read: {error.strerror}.") from None
    if len(data) > most:
        raise BadRequest(f"{name} has more than {most:,} bytes, too many for {what}.")
    return data


def _read(path: Path, most: int, what: str) -> bytes:
    if path == STDIN:
        if sys.stdin is None:
            raise BadRequest(f"Standard input is closed; name a file for {_definite(what)}.")
        return sys.stdin.buffer.read(most + 1)
    with path.open("rb") as file:
        return file.read(most + 1)


def _definite(what: str) -> str:
    return f"the {what.removeprefix('a ')}"
