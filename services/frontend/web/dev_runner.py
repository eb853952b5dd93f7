"""The runner that `flask --app frontend run` brings along, as a child of its own.

- Only under click's `run`, never under gunicorn or in tests; once, also with the reloader,
  whose first process holds it while the second comes and goes.
- It dies with its parent, however that ends: it reads a pipe whose other end the parent holds.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click

from frontend.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from frontend.settings import Settings

__all__ = ["bring_runner", "settings_errors_told"]

STOPPING_S: Final = 10  # a runner gives back its leases and stops its clusters in less


@contextmanager
def settings_errors_told() -> Iterator[None]:
    """Under a command line, let a SettingsError be told as a sentence, without a traceback."""
    try:
        yield
    except SettingsError as error:
        if click.get_current_context(silent=True) is None:
            raise
        raise click.UsageError(error.detail) from error


def bring_runner(settings: Settings) -> None:
    """Start the runner if this is `flask run` and none was started; raises SettingsError."""
    if settings.runner == "external" or not _is_first_process_of_flask_run():
        return
    if settings.redis_location is None:
        raise SettingsError("REDIS_URL", "is needed; set it, or run `porta serve`.")
    if not settings.has_dask:
        raise SettingsError(
            "DASK_GATEWAY_ADDRESS",
            "or DASK_SCHEDULER is needed for the runner that comes along; set one, or "
            "PORTA_RUNNER=external if there is a runner elsewhere, or run `porta serve`.",
        )
    command = [sys.executable, "-m", "frontend.cli", "runner", "--until-stdin-ends"]
    child = subprocess.Popen(command, stdin=subprocess.PIPE)  # noqa: S603 - nothing from outside
    atexit.register(_stop, child)


def _is_first_process_of_flask_run() -> bool:
    context = click.get_current_context(silent=True)
    is_run = context is not None and context.command.name == "run"
    return is_run and os.environ.get("WERKZEUG_RUN_MAIN") != "true"


def _stop(child: subprocess.Popen[bytes]) -> None:
    """Let it end by itself, as it does when the pipe ends; then insist."""
    if child.stdin is not None:
        child.stdin.close()
    try:
        child.wait(timeout=STOPPING_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
