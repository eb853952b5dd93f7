"""The servers under load: a web of Porta's with results in it, and a bare Flask beside it."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx

from tests.installation import Installation, at_work
from tests.processes import eventually
from tests.redis_servers import embedded_server, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Beside", "beside", "web"]

STARTED_S: Final = 30


@dataclass(frozen=True, slots=True)
class Beside:
    """The two."""

    porta: Installation
    bare: str


@contextlib.contextmanager
def beside() -> Iterator[Beside]:
    """Have a web of Porta's and a bare Flask, under the same gunicorn."""
    port = free_port()
    with web() as porta, _running("-m", "benchmarks.load.bare", str(port)):
        bare = f"http://127.0.0.1:{port}"
        eventually(lambda: _answers(f"{bare}/1"), within_s=STARTED_S)
        yield Beside(porta, bare)


@contextlib.contextmanager
def web(**environ: str) -> Iterator[Installation]:
    """Have a web of Porta's on a Redis of its own, and no runner."""
    with (
        embedded_server() as server,
        tempfile.TemporaryDirectory(prefix="porta-load-") as folder,
        at_work({"REDIS_URL": server.url, **environ}, Path(folder)) as installation,
    ):
        installation.start_web()
        yield installation


@contextlib.contextmanager
def _running(*words: str) -> Iterator[None]:
    process = subprocess.Popen((sys.executable, *words), stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _answers(url: str) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(url, trust_env=False).is_success
    return False
