"""The servers that a running `porta serve` embeds, for a command beside it on the same machine."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from frontend.embedded.dask_client import access_of
from frontend.embedded.data_dir import DataDir, default_data_dir
from frontend.embedded.stack import DASK_CONFIG
from frontend.embedded.valkey import SOCKET, redis_url

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Running", "find_running"]


@dataclass(frozen=True, slots=True)
class Running:
    """A `porta serve` whose results are in a Redis of its own.

    `url` is that of its first page, `gateway` the settings by which its Gateway is reached: none
    where that is not embedded.
    """

    url: str
    redis_url: str
    gateway: Mapping[str, str] = field(repr=False)


def find_running(data: str | None) -> Running | None:
    """Return the `porta serve` that runs on a data directory, by default on the user's own.

    None if none does, or if its Redis is not embedded: that one is known by REDIS_URL.
    """
    data_dir = DataDir(Path(data).expanduser().resolve() if data else default_data_dir())
    noted = data_dir.noted()
    sockets, pid = Path(str(noted.get("sockets", ""))), noted.get("pid")
    is_alive = isinstance(pid, int) and psutil.pid_exists(pid)
    if not is_alive or not data_dir.is_home(noted) or not (sockets / SOCKET).is_socket():
        return None
    return Running(str(noted.get("url", "")), redis_url(sockets), _gateway(data_dir))


def _gateway(data_dir: DataDir) -> dict[str, str]:
    known: Any = None
    with suppress(OSError, ValueError):
        known = json.loads((data_dir.run / DASK_CONFIG).read_text(encoding="utf-8"))
    return {} if known is None else access_of(known)
