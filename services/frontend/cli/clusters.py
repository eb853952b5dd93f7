"""`porta clusters`: lists the clusters of this installation, and stops orphans if asked to."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from frontend.bootstrap import build_services
from frontend.cli.beside_serve import beside_serve
from frontend.runner.dask_backend import backend_of
from frontend.runner.reaper import Reaper

if TYPE_CHECKING:
    from frontend.settings import Settings

__all__ = ["run"]


def run(settings: Settings, *, reap: bool) -> None:
    """Print the clusters of this installation; with `reap`, stop those that no run owns.

    Raises FrontendError and SimError.
    """
    settings = beside_serve(settings)
    services = build_services(settings)
    reaper = Reaper(services, backend_of(settings))
    try:
        listed = asyncio.run(reaper.own_clusters())
        for cluster, owned in listed:
            ownership = "owned" if owned else "orphan"
            click.echo(
                f"{cluster.name}  {cluster.status}  {ownership}  "
                f"{cluster.started:%Y-%m-%d %H:%M:%S}"
            )
        if not listed:
            click.echo("No clusters.", err=True)
        if reap:
            stopped = asyncio.run(reaper.reap())
            click.echo(f"Stopped {len(stopped)}.", err=True)
    finally:
        services.close()
