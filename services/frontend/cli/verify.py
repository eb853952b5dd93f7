"""`porta verify`: recomputes what a file, a folder, a crate or a stored result says that it is.

A path that exists is taken before an id. An id is looked up in the configured Redis, or on another
Porta (`--server`). What was found out goes to standard output: that is the command's result.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from frontend.cli.beside_serve import WAYS, beside_serve
from frontend.cli.progress_bar import Progress
from frontend.errors import BadRequest, NotFound
from sim.errors import DamagedError, VerificationError
from sim.verification import Effort, verify
from sim.verification.paths import exists

if TYPE_CHECKING:
    from collections.abc import Iterator

    from frontend.settings import Settings
    from sim.verification import Verification

__all__ = ["run"]

THOUSANDTHS: Final = 1_000
DIFFERENT: Final = 1  # the exit code


def run(
    settings: Settings, what: str, *, everything: bool, server: str | None, seed: int | None
) -> int:
    """Verify, print what was found out, and return the exit code; raises FrontendError.

    0 where all that was looked at is as it is recomputed, 1 where something is not; BadRequest,
    which the command line makes 2, where nothing can be said.
    """
    with _effort(settings, everything=everything, seed=seed) as effort:
        try:
            found = _verified(settings, what, effort, server)
        except DamagedError as damaged:
            click.echo(str(damaged))
            return DIFFERENT
        except VerificationError as error:
            raise BadRequest(str(error)) from None
    _tell(found)
    return 0 if found.ok else DIFFERENT


def _verified(settings: Settings, what: str, effort: Effort, server: str | None) -> Verification:
    if server is not None:
        from frontend.cli.served_verification import verify_served

        return verify_served(server, what, effort)
    path = Path(what)
    if exists(path):
        return verify(path, effort)
    return _stored(settings, what, effort)


def _stored(settings: Settings, propagation_id: str, effort: Effort) -> Verification:
    settings = beside_serve(settings)
    if settings.redis_location is None:
        raise BadRequest(
            f"There is no file {propagation_id!r}; and there is no Redis in which a result with "
            f"this id could be: {WAYS}, or give --server URL."
        )
    from frontend.bootstrap import build_services
    from frontend.propagations.stored_verification import verify_stored

    services = build_services(settings)
    try:
        request = services.propagations.answer(services.propagations.parse_id(propagation_id))
        return verify_stored(services.store, services.ensemble_store, request, effort)
    except (BadRequest, NotFound) as error:
        raise BadRequest(f"There is no file {propagation_id!r}, and as an id: {error}") from None
    finally:
        services.close()


@contextmanager
def _effort(settings: Settings, *, everything: bool, seed: int | None) -> Iterator[Effort]:
    """Yield how much is recomputed, which shows on a progress bar."""
    effort = Effort(everything=everything)
    if seed is not None:
        effort = replace(effort, seed=seed)
    if settings.max_work is not None:
        effort = replace(effort, most_work=settings.max_work)
    with Progress.of(THOUSANDTHS, "verifying") as bar:
        yield replace(effort, on_progress=lambda part: bar.reach(int(THOUSANDTHS * part)))


def _tell(found: Verification) -> None:
    if found.ok:
        click.echo(str(found))
    else:
        click.echo(f"{found.what} is not what {found.id} gives, by {found.share}:")
        for difference in found.differences:
            click.echo(f"  {difference}")
    for note in found.notes:
        click.echo(note, err=True)
