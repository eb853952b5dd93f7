"""Commands on results, beside a running `porta serve`: they take its Redis where none is named."""

from __future__ import annotations

import os
from typing import Final

import click

from frontend.settings import Settings

__all__ = ["WAYS", "beside_serve"]

WAYS: Final = "set REDIS_URL, or run `porta serve` beside it (PORTA_DATA, if it has another --data)"
"""What to do where there is no Redis to look in."""


def beside_serve(settings: Settings) -> Settings:
    """Return settings by which the servers of a running `porta serve` are reached, and say so.

    The same ones where a Redis is configured, or where none runs.
    """
    if settings.redis_location is not None:
        return settings
    from frontend.embedded.running import find_running

    running = find_running(settings.data)
    if running is None:
        return settings
    click.echo(f"The results are those of the porta serve at {running.url}", err=True)
    reached = {"REDIS_URL": running.redis_url}
    return Settings.from_environ(
        {**os.environ, **reached, **({} if settings.has_dask else running.gateway)}
    )
