"""`porta export`: writes a stored result as a file or as a crate; nothing is started."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from frontend.cli.beside_serve import WAYS, beside_serve
from frontend.cli.crate import refuse_output, write_ensemble_crate, write_run_crate
from frontend.cli.execution.choice import frontend_errors
from frontend.cli.output import Output
from frontend.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from frontend.bootstrap import Services
    from frontend.settings import Settings
    from sim.scenario import PropagationRequest

__all__ = ["run"]


def run(settings: Settings, propagation_id: str, *, crate: str | None, output: str | None) -> None:
    """Write the result with an id as a crate, or its records as a file; raises FrontendError."""
    if (crate is None) == (output is None):
        raise BadRequest("Give either --crate NAME.crate/ (or .zip), or --output FILE.")
    if crate is not None and not crate.rstrip("/"):
        raise BadRequest("--crate needs a name, such as orbit.crate/ or orbit.crate.zip.")
    if crate is not None:
        refuse_output(crate)
    chosen = None if output is None else _file(output)
    with frontend_errors(), _services(settings) as services:
        request = services.propagations.answer(services.propagations.parse_id(propagation_id))
        if request.is_ensemble:
            if crate is None:
                raise BadRequest(
                    "The table of an ensemble's members is written by porta propagate --members; "
                    "export writes its --crate, or the records of one of them: give its id."
                )
            _ensemble(services, request, crate)
            return
        propagation = services.propagations.open(request)
        if crate is None:
            assert chosen is not None  # noqa: S101  # one of both was given
            chosen.write(propagation)
        else:
            write_run_crate(crate, request, propagation, _day(services, request))


def _file(output: str) -> Output:
    """Choose place and format of a file; raises BadRequest."""
    if output.endswith("/") or Path(output).is_dir():
        raise BadRequest(
            "porta export writes a file, such as --output orbit.parquet, or a crate. A directory "
            "of Parquet files is written by porta propagate --output NAME/."
        )
    return Output.of(output, ways="")


def _ensemble(services: Services, request: PropagationRequest, crate: str) -> None:
    import orjson

    document = services.ensembles.summary(request)
    if document is None:
        raise services.propagations.absence(request)
    rows = services.ensembles.table(request)
    write_ensemble_crate(crate, request, orjson.loads(document), rows, _day(services, request))


def _day(services: Services, request: PropagationRequest) -> date | None:
    """Return the day on which a stored result was computed; None where that is not known."""
    resource = services.propagations.find(request)
    finished_at = None if resource is None else resource.timings.finished_at
    return None if finished_at is None else date.fromisoformat(finished_at[:10])


@contextmanager
def _services(settings: Settings) -> Iterator[Services]:
    settings = beside_serve(settings)
    if settings.redis_location is None:
        raise BadRequest(
            f"porta export writes what is stored in a Redis: {WAYS}. Without one, porta propagate "
            "--output computes and writes at once."
        )
    from frontend.bootstrap import build_services

    services = build_services(settings)
    try:
        yield services
    finally:
        services.close()
