"""The runner that `flask --app frontend run` starts as its child process.

- It is started under Flask's `run` command only, never under gunicorn or in tests. With the
  reloader it is started once, by the first process, which outlives every reload.
- It ends with its parent, however that ends: it reads a pipe whose other end the parent holds.
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
from frontend.storage.compatibility import refuse_unsuitable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from frontend.settings import Settings

__all__ = ["settings_errors_as_usage", "start_runner"]

STOPPING_S: Final = 10  # a runner returns its leases and stops its clusters in less


@contextmanager
def settings_errors_as_usage() -> Iterator[None]:
    """Under a command line, turn a SettingsError into a usage error, shown without a traceback."""
    try:
        yield
    except SettingsError as error:
        if click.get_current_context(silent=True) is None:
            raise
        raise click.UsageError(error.detail) from error


def start_runner(settings: Settings) -> None:
    """Start the runner if this is the first process of `flask run`; raises SettingsError."""
    if settings.runner == "external" or not _is_first_process_of_flask_run():
        return
    if settings.redis_location is None:
        raise SettingsError("REDIS_URL", "is needed; set it, or run `porta serve`.")
    if not settings.has_dask:
        raise SettingsError(
            "DASK_GATEWAY_ADDRESS",
            "or DASK_SCHEDULER is needed for the runner that is started too; set one, or "
            "PORTA_RUNNER=external if there is a runner elsewhere, or run `porta serve`.",
        )
    refuse_unsuitable(settings)
    command = [sys.executable, "-m", "frontend.cli", "runner", "--until-stdin-ends"]
    child = subprocess.Popen(command, stdin=subprocess.PIPE)  # noqa: S603 - our own command
    atexit.register(_stop, child)


def _is_first_process_of_flask_run() -> bool:
    context = click.get_current_context(silent=True)
    is_run = context is not None and context.command.name == "run"
    return is_run and os.environ.get("WERKZEUG_RUN_MAIN") != "true"


def _stop(child: subprocess.Popen[bytes]) -> None:
    """Close the pipe, which ends the runner; kill it if it does not end in time."""
    if child.stdin is not None:
        child.stdin.close()
    try:
        child.wait(timeout=STOPPING_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
