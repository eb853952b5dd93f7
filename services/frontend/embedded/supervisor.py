"""The supervisor: the process that starts the servers, keeps them running, and stops them all.

- It runs in a session of its own, and holds the read end of a pipe whose write end `porta serve`
  holds. When the pipe ends, however `porta serve` ended, the supervisor stops everything.
- It adopts orphans, so that every process that Dask starts is its descendant and is stopped too.
- It restarts a server that dies, but at most `RESTARTS` times within `RESTARTS_S`. If damaged
  files made it die, they are repaired first.
- It reports to `porta serve` with lines of JSON on standard output (`messages.Event`).
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from frontend.embedded.data_dir import DataDir
from frontend.embedded.messages import Event, Kind, Plan
from frontend.embedded.process_tree import ProcessTree, adopt_orphans, stop_processes
from frontend.embedded.stack import Stack, compose
from frontend.embedded.start_deadline import StartDeadline
from frontend.embedded.wakeup import Wakeup
from frontend.errors import FrontendError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import psutil

    from frontend.embedded.managed_process import ManagedProcess

__all__ = ["Supervisor", "main"]

POLL_S: Final = 0.05  # between two probes while servers start
TICK_S: Final = 1.0  # between two looks at descendants, where the system does not report them
TRIM_S: Final = 60.0  # between two looks at the sizes of the logs
RESTARTS: Final = 5
RESTARTS_S: Final = 60.0
FIRST_DELAY_S: Final = 0.25  # before the second restart in a row; doubled with each further one
# Together well within the 5 s after which nothing may be left (tests/integration/test_embedded.py):
GIVING_BACK_S: Final = 1.5  # for the runner to give back leases and clusters: others still answer
GRACE_S: Final = 0.7  # for all other processes


@dataclass(slots=True, eq=False)
class _Child:
    """A managed process, its present operating system process, and its latest starts."""

    managed: ManagedProcess
    process: subprocess.Popen[bytes] | None = None
    ready: bool = False
    starts: deque[float] = field(default_factory=lambda: deque(maxlen=RESTARTS + 1))
    restart_at: float = 0.0
    deadline: StartDeadline | None = None
    log_start: int = 0  # where the log of the latest start begins


class Supervisor:
    """Keeps the servers of a stack running until the pipe ends or a signal asks it to end."""

    def __init__(self, stack: Stack, data_dir: DataDir, wakeup: Wakeup, *, adopts: bool) -> None:
        self._addresses = stack.addresses
        self._children = {managed.name: _Child(managed) for managed in stack.processes}
        self._data_dir = data_dir
        self._wakeup = wakeup
        self._tree = ProcessTree(adopts=adopts)
        self._trimmed_at = time.monotonic()

    def run(self) -> None:
        """Start all servers, keep them running, and stop all at the end; raises ProcessFailed."""
        try:
            if self._start_all():
                _report("ready", detail=self._addresses)
            while not self._ending:
                self._supervise()
        finally:
            self._stop()

    @property
    def _ending(self) -> bool:
        return self._wakeup.ended or self._wakeup.signals > 0

    def _start_all(self) -> bool:
        """Start each server when those before it are ready; False if the end came first."""
        self._start_startable()
        while not self._ending:
            waiting = [child for child in self._children.values() if not child.ready]
            if not waiting:
                return True
            self._wakeup.wait(POLL_S)
            for pid in self._tree.reap():
                self._fail_if_child(pid)
            for child in waiting:
                if child.process is not None and self._is_ready(child):
                    child.ready = True
                    self._start_startable()
        return False

    def _start_startable(self) -> None:
        for child in self._children.values():
            if child.process is None and self._may_start(child.managed):
                self._start(child)

    def _may_start(self, managed: ManagedProcess) -> bool:
        return self._are_ready(managed.after)

    def _are_ready(self, names: Iterable[str]) -> bool:
        return all(self._children[name].ready for name in names)

    def _start(self, child: _Child) -> None:
        _report_repair(child, _mended(child.managed.prepare))
        child.log_start = _size(child.managed.log)
        child.process = child.managed.start()
        child.deadline = StartDeadline(child.process.pid, child.managed.deadline_s)
        child.starts.append(time.monotonic())
        _report("started", process=child.managed.name, pid=child.process.pid)

    def _is_ready(self, child: _Child) -> bool:
        managed = child.managed
        if managed.answers():
            return True
        if child.deadline is not None and not self._are_ready(managed.seen_by):
            child.deadline.begin_again()
        if child.deadline is not None and not child.deadline.has_passed():
            return False
        trouble = managed.trouble()
        reason = f"was not ready after {managed.deadline_s:g} s" + (trouble and f" ({trouble})")
        if managed.required:
            raise managed.failed(reason)
        _report("waiting", process=managed.name, detail=f"{managed.title} {reason}")
        return True

    def _fail_if_child(self, pid: int) -> None:
        child = self._forget_process(pid)
        if child is None:
            return
        if len(child.starts) <= RESTARTS and _repair(child):
            self._start(child)
            return
        how = _ending_of(self._tree.exits[pid])
        raise child.managed.failed(f"ended while Porta started ({how})")

    def _supervise(self) -> None:
        """Wait for an event or the next restart, and restart what has died."""
        now = time.monotonic()
        delays = [child.restart_at - now for child in self._children.values() if not child.process]
        self._wakeup.wait(min([TICK_S, *delays]))
        for pid in self._tree.reap():
            child = self._forget_process(pid)
            if child is not None:
                self._plan_restart(child, pid)
        for child in self._children.values():
            if not child.process and not self._ending and time.monotonic() >= child.restart_at:
                self._start(child)
        self._tree.note()
        if time.monotonic() > self._trimmed_at + TRIM_S:
            self._trimmed_at = time.monotonic()
            self._data_dir.trim_logs()

    def _plan_restart(self, child: _Child, pid: int) -> None:
        how = _ending_of(self._tree.exits[pid])
        with suppress(ProcessLookupError):  # its forks hold its port (Dask's are in other groups)
            os.killpg(pid, signal.SIGKILL)
        _repair(child)
        now = time.monotonic()
        recent = sum(start > now - RESTARTS_S for start in child.starts)
        if recent > RESTARTS:
            raise child.managed.failed(f"died {recent} times within a minute, at last by {how}")
        child.restart_at = now + (FIRST_DELAY_S * 2 ** (recent - 2) if recent > 1 else 0.0)
        detail = f"{child.managed.title} had ended ({how})"
        _report("restarted", process=child.managed.name, detail=detail)

    def _forget_process(self, pid: int) -> _Child | None:
        """Return the child whose process has just ended, now without it; None if it is no child."""
        for child in self._children.values():
            if child.process is not None and child.process.pid == pid:
                child.process.returncode = self._tree.exits[pid]
                child.process = None
                return child
        return None

    def _stop(self) -> None:
        """Stop the processes that have something to give back, then all others."""
        stop_processes(self._giving_back, GIVING_BACK_S, self._wakeup.wait)
        self._tree.stop(GRACE_S, self._wakeup.wait)
        for pid in tuple(self._tree.exits):
            self._forget_process(pid)

    def _giving_back(self) -> Iterable[psutil.Process]:
        pids = {
            child.process.pid
            for child in self._children.values()
            if child.managed.gives_back and child.process is not None
        }
        return [process for process in self._tree.members() if process.pid in pids]


def _repair(child: _Child) -> bool:
    """Mend what a process reads, if that made it end; return whether anything was done."""
    log = child.managed.logged(child.log_start)
    done = _mended(lambda: child.managed.repair(log))
    _report_repair(child, done)
    return bool(done)


def _mended(mend: Callable[[], str]) -> str:
    try:
        return mend()
    except (OSError, subprocess.SubprocessError):  # as a full disk: the server's own error is shown
        return ""


def _report_repair(child: _Child, done: str) -> None:
    if done:
        _report("repaired", process=child.managed.name, detail=done)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _ending_of(exit_code: int) -> str:
    return f"signal {-exit_code}" if exit_code < 0 else f"exit code {exit_code}"


def _report(kind: Kind, *, process: str = "", detail: str = "", pid: int | None = None) -> None:
    event = Event(kind=kind, process=process, detail=detail, pid=pid)
    with suppress(BrokenPipeError):  # `porta serve` is gone, and the pipe's end will wake us
        os.write(sys.stdout.fileno(), event.to_line())


def main(argument: str) -> int:
    """Supervise the servers of a plan, which is given as JSON; returns the exit code."""
    plan = Plan.from_text(argument)
    fcntl.fcntl(plan.lock, fcntl.F_SETFD, fcntl.FD_CLOEXEC)  # servers must not hold the lock
    data_dir = DataDir(Path(plan.data))
    adopts = adopt_orphans()
    try:
        with Wakeup(sys.stdin.fileno()) as wakeup, data_dir.prepared(plan.lock) as sockets:
            stack = compose(plan, data_dir, sockets, os.environ)
            Supervisor(stack, data_dir, wakeup, adopts=adopts).run()
    except FrontendError as error:
        _report("failed", detail=error.detail)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
