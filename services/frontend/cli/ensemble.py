"""`porta propagate N --members M`: propagates an ensemble; writes its members or a summary."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import click

from frontend.cli.crate import write_ensemble_crate
from frontend.cli.output import Output
from frontend.cli.summary import counted
from frontend.errors import BadRequest
from sim.crates.writing import is_crate
from sim.ensemble.binning import bin_end
from sim.ensemble.table import table_schema
from sim.export.metadata import MEMBERS, Metadata, described
from sim.export.tables import TABLES
from sim.strictjson import canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from frontend.cli.propagate import Arguments
    from frontend.settings import Settings
    from sim.scenario import PropagationRequest

__all__ = ["ensemble_summary", "run_ensemble"]

QUANTITIES: Final = {
    "distance": ("distance", (1, 0)),
    "energy": ("specific energy", (2, -2)),
    "semi_major_axis": ("semi-major axis", (1, 0)),
    "eccentricity": ("eccentricity", (0, 0)),
}
"""Told of the members at the end: a name, and the powers of length and time in its unit."""
_WIDTH: Final = 21  # of the name of a quantity


def run_ensemble(settings: Settings, request: PropagationRequest, arguments: Arguments) -> None:
    """Propagate an ensemble, and write its table or print a summary; raises FrontendError."""
    if arguments.every is not None or arguments.times is not None:
        raise BadRequest("--every and --times choose states of one run: name its --member.")
    from frontend.cli.execution import choice

    if is_crate(arguments.output or ""):
        document, batches = choice.ensemble(settings, request, arguments.workers, keep_members=True)
        with choice.frontend_errors():
            write_ensemble_crate(str(arguments.output), request, document, batches)
        return
    output = _output(arguments)

    document, batches = choice.ensemble(
        settings, request, arguments.workers, keep_members=output is not None
    )
    if output is None:
        click.echo(ensemble_summary(request, document))
        return
    text = canonical_json(document).encode()
    metadata = Metadata(request=request, chosen=MEMBERS, checksum=hashlib.sha256(text).hexdigest())
    schema = described(table_schema(request.trajectory.scenario), metadata)
    rows = request.members * len(request.trajectory.scenario.agents)
    with choice.frontend_errors():
        output.write_pieces(
            lambda bar: TABLES[output.form.name](bar.count(batches), schema), rows, "rows"
        )
        output.write_sidecar(metadata, schema)


def _output(arguments: Arguments) -> Output | None:
    if arguments.output is None:
        return None
    if arguments.output.endswith("/"):
        raise BadRequest(
            "An ensemble is written as one file, a row for each member and agent: name a file."
        )
    output = Output.of(arguments.output, arguments.output_format, sidecar=arguments.sidecar)
    if output.form.name not in TABLES:
        raise BadRequest(
            f"The members of an ensemble are written as {', '.join(TABLES)}, not as "
            f"{output.form.name}."
        )
    return output


def ensemble_summary(request: PropagationRequest, document: Mapping[str, Any]) -> str:
    """Return what became of the members, agent by agent, as text for a terminal."""
    return "\n".join(_lines(request, document))


def _lines(request: PropagationRequest, document: Mapping[str, Any]) -> Iterator[str]:
    trajectory = request.trajectory
    seed = f", seed {trajectory.seed}" if trajectory.shows_seed else ""
    yield f"{counted(request.steps, 'step')}{seed}: {counted(request.members, 'member')}"
    yield f"Method: {trajectory.scenario.method.sentence}"
    for name, agent in document["agents"].items():
        yield ""
        yield f"{name}, about {agent['primary']}"
        yield f"  {agent['sentence']}"
        yield from _outcomes(agent)
        yield from _quantiles(request, agent["quantiles"])
        yield from _notable(agent)


def _outcomes(agent: Mapping[str, Any]) -> Iterator[str]:
    counts = ", ".join(f"{name} {count:,}" for name, count in agent["outcomes"].items() if count)
    yield f"  {'outcomes':{_WIDTH}} {counts}"
    bound = agent["bound"]
    low, high = bound["low"][-1], bound["high"][-1]
    share = f"{bound['fraction'][-1]:.6g}, with 95 % confidence {low:.6g} to {high:.6g}"
    yield f"  {'bound at the end':{_WIDTH}} {share}"


def _quantiles(request: PropagationRequest, quantiles: Mapping[str, Any]) -> Iterator[str]:
    """Yield a table of the members' quantiles at the end."""
    levels = quantiles["levels"]
    heads = "".join(f"{f'{level} %':>13}" for level in levels)
    yield f"  {'quantiles at the end':{_WIDTH}} {heads}"
    for name, (title, powers) in QUANTITIES.items():
        unit = request.trajectory.scenario.units.of(*powers)
        label = f"{title} ({unit})" if unit else title
        cells = "".join(f"{_text(quantiles[name][str(level)][-1]):>13}" for level in levels)
        yield f"  {label:{_WIDTH}} {cells}"


def _notable(agent: Mapping[str, Any]) -> Iterator[str]:
    for what, label in (("escape", "escape at step"), ("closest", "closest approach")):
        told = [
            f"{level} % {_bin(value)} (member {agent[what]['members'][level]:,})"
            for level, value in agent[what]["quantiles"].items()
            if value is not None and agent[what]["members"][level] is not None
        ]
        if told:
            yield f"  {label:{_WIDTH}} {', '.join(told)}"


def _bin(least: float) -> str:
    """Return the bin of a histogram that begins at `least`: a quantile is somewhere in it."""
    low, high = _text(least), _text(type(least)(bin_end(least)))
    return low if low == high or not least else f"{low} to {high}"


def _text(value: float | None) -> str:
    match value:
        case None:
            return "-"
        case int():
            return f"{value:,}"
        case _:
            return f"{value:.6g}"
