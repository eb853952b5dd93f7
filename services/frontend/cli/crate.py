"""Writes a run or an ensemble as an RO-Crate (`--output NAME.crate/`, `porta export --crate`)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from frontend.cli.progress_bar import Progress
from frontend.errors import BadRequest
from sim.crates.making import crate_of_ensemble, crate_of_run
from sim.crates.writing import check_crate, write_crate
from sim.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pyarrow as pa

    from sim.engine import Propagation
    from sim.scenario import PropagationRequest

__all__ = ["refuse_beside_a_crate", "refuse_output", "write_ensemble_crate", "write_run_crate"]


def refuse_beside_a_crate(options: Mapping[str, bool]) -> None:
    """Refuse the options that were given and that a crate has no use for; raises BadRequest."""
    given = [name for name, is_given in options.items() if is_given]
    if given:
        raise BadRequest(
            f"A crate has all of a result in formats of its own: leave out {given[0]}."
        )


def refuse_output(output: str) -> None:
    """Refuse a place where a crate can't be written, before it is computed; raises BadRequest."""
    try:
        check_crate(Path(output))
    except RequestError as error:
        raise BadRequest(str(error)) from None


def write_run_crate(
    output: str, request: PropagationRequest, propagation: Propagation, day: date | None = None
) -> None:
    """Write a run's crate; `day` is when it was computed, today if left out. Raises SimError."""
    with Progress.of(propagation.records, "writing") as bar:
        write_crate(Path(output), crate_of_run(request, propagation, day or _today(), bar.count))
    _say(output)


def write_ensemble_crate(
    output: str,
    request: PropagationRequest,
    document: Mapping[str, Any],
    rows: Iterable[pa.RecordBatch],
    day: date | None = None,
) -> None:
    """Write an ensemble's crate; `day` is when it was computed, today if left out."""
    count = request.members * len(request.trajectory.scenario.agents)
    with Progress.of(count, "writing") as bar:
        contents = crate_of_ensemble(request, document, rows, day or _today(), bar.count)
        write_crate(Path(output), contents)
    _say(output)


def _today() -> date:
    return datetime.now(UTC).date()


def _say(output: str) -> None:
    click.echo(f"Wrote {output}: an RO-Crate, which porta verify recomputes.", err=True)
