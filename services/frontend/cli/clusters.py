"""`porta clusters`: lists this installation's clusters, and stops those without an owner."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from frontend.bootstrap import build_services
from frontend.runner.dask_backend import backend_of
from frontend.runner.reaper import Reaper

if TYPE_CHECKING:
    from frontend.settings import Settings

__all__ = ["list_clusters"]


def list_clusters(settings: Settings, *, reap: bool) -> None:
    """List the clusters of this installation; with `reap`, stop those without an owner."""
    services = build_services(settings)
    reaper = Reaper(services, backend_of(settings))
    try:
        listed = asyncio.run(reaper.own_clusters())
        for cluster, owned in listed:
            word = "owned" if owned else "orphan"
            click.echo(
                f"{cluster.name}  {cluster.status}  {word}  {cluster.started:%Y-%m-%d %H:%M:%S}"
            )
        if not listed:
            click.echo("No clusters.", err=True)
        if reap:
            stopped = asyncio.run(reaper.reap())
            click.echo(f"Stopped {len(stopped)}.", err=True)
    finally:
        services.close()
