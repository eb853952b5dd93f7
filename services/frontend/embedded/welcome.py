"""What `porta serve` prints when all its servers are ready: where it is, and how to reach it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["welcome"]


def welcome(addresses: Mapping[str, str], data: Path) -> Iterator[str]:
    """Yield the lines; those that are indented can be copied as they are."""
    yield f"Porta is at {addresses['url']} (data in {data}, Ctrl-C to stop)"
    yield "From Python:"
    yield f'    porta.propagate(1_000_000, on="{addresses["url"]}")'
    if "dask_config" in addresses:
        yield "From Dask, where GatewayCluster() then needs no arguments:"
        yield f"    export DASK_CONFIG={shlex.quote(addresses['dask_config'])}"
    if "notebook" in addresses:
        yield "JupyterLab, connected to the same Gateway:"
        yield f"    {addresses['notebook']}"
