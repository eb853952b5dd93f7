"""The guardian: the process that starts the servers, keeps them running, and stops them all.

- It lives in a session of its own, and holds the read end of a pipe: `porta serve` holds the
  other end. When the pipe ends, by whatever end of `porta serve`, everything is stopped.
- It adopts orphans, so that whatever Dask starts is a descendant; those are stopped as well.
- A server that dies is started again, but not more often than `RESTARTS` within `RESTARTS_S`.
- What it has to say goes to `porta serve` as lines of JSON on standard output.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from frontend.embedded.data_dir import DataFolder
from frontend.embedded.messages import Event, Kind, Plan
from frontend.embedded.process_tree import ProcessTree, adopt_orphans, stop_processes
from frontend.embedded.stack import Stack, compose
from frontend.embedded.wakeup import Wakeup
from frontend.errors import FrontendError

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterable

    import psutil

    from frontend.embedded.managed_process import ManagedProcess

__all__ = ["Supervisor", "main"]

POLL_S: Final = 0.05
TICK_S: Final = 1.0
TRIM_S: Final = 60.0
RESTARTS: Final = 5
RESTARTS_S: Final = 60.0
FIRST_DELAY_S: Final = 0.25  # doubled with each restart that follows closely
GIVING_BACK_S: Final = 1.5  # for the runner: its leases and clusters, while others still answer
GRACE_S: Final = 0.7  # for all others


@dataclass(slots=True, eq=False)
class _Kept:
    """A part, its present process, and when it was started lately."""

    part: ManagedProcess
    process: subprocess.Popen[bytes] | None = None
    ready: bool = False
    starts: deque[float] = field(default_factory=lambda: deque(maxlen=RESTARTS + 1))
    due: float = 0.0


class Supervisor:
    """Keeps the servers of one composition, until its bell tells it to end."""

    def __init__(
        self, composition: Stack, folder: DataFolder, bell: Wakeup, *, adopts: bool
    ) -> None:
        self._reached = composition.reached
        self._kept = {part.name: _Kept(part) for part in composition.parts}
        self._folder = folder
        self._bell = bell
        self._family = ProcessTree(adopts=adopts)
        self._trimmed = time.monotonic()

    def keep(self) -> None:
        """Start everything and keep it, until the end; raises PartFailed. All is stopped then."""
        try:
            if self._start_all():
                _say("ready", detail=self._reached)
            while not self._ending:
                self._look_after()
        finally:
            self._stop()

    @property
    def _ending(self) -> bool:
        return self._bell.ended or self._bell.signals > 0

    def _start_all(self) -> bool:
        """Start each part when those before it are ready; False if the end came first."""
        self._start_startable()
        while not self._ending:
            waiting = [one for one in self._kept.values() if not one.ready]
            if not waiting:
                return True
            self._bell.wait(POLL_S)
            for pid in self._family.reap():
                self._fail_if_part(pid)
            for kept in waiting:
                if kept.process is not None and self._is_ready(kept):
                    kept.ready = True
                    self._start_startable()
        return False

    def _start_startable(self) -> None:
        for kept in self._kept.values():
            if kept.process is None and all(self._kept[name].ready for name in kept.part.after):
                self._start(kept)

    def _start(self, kept: _Kept) -> None:
        kept.process = kept.part.start()
        kept.starts.append(time.monotonic())
        _say("started", part=kept.part.name, pid=kept.process.pid)

    def _is_ready(self, kept: _Kept) -> bool:
        part = kept.part
        if part.answers():
            return True
        if time.monotonic() < kept.starts[-1] + part.deadline_s:
            return False
        trouble = part.trouble()
        reason = f"was not ready after {part.deadline_s:g} s" + (trouble and f" ({trouble})")
        if part.required:
            raise part.failed(reason)
        _say("waiting", part=part.name, detail=f"{part.title} {reason}")
        return True

    def _fail_if_part(self, pid: int) -> None:
        kept = self._gone(pid)
        if kept is not None:
            raise kept.part.failed(f"ended while Porta started ({_how(self._family.exits[pid])})")

    def _look_after(self) -> None:
        """Wait for something to happen, and start again what has died."""
        now = time.monotonic()
        due = [one.due - now for one in self._kept.values() if one.process is None]
        self._bell.wait(min([TICK_S, *due]))
        for pid in self._family.reap():
            kept = self._gone(pid)
            if kept is not None:
                self._plan_restart(kept, pid)
        for kept in self._kept.values():
            if kept.process is None and not self._ending and time.monotonic() >= kept.due:
                self._start(kept)
        self._family.note()
        if time.monotonic() > self._trimmed + TRIM_S:
            self._trimmed = time.monotonic()
            self._folder.trim_logs()

    def _plan_restart(self, kept: _Kept, pid: int) -> None:
        how = _how(self._family.exits[pid])
        with suppress(ProcessLookupError):  # what it had forked holds its port (not Dask's own)
            os.killpg(pid, signal.SIGKILL)
        now = time.monotonic()
        lately = sum(start > now - RESTARTS_S for start in kept.starts)
        if lately > RESTARTS:
            raise kept.part.failed(f"died {lately} times within a minute, at last by {how}")
        kept.due = now + (FIRST_DELAY_S * 2 ** (lately - 2) if lately > 1 else 0.0)
        _say("restarted", part=kept.part.name, detail=f"{kept.part.title} had ended ({how})")

    def _gone(self, pid: int) -> _Kept | None:
        """Return the part whose process has just ended, if it was one's."""
        for kept in self._kept.values():
            if kept.process is not None and kept.process.pid == pid:
                kept.process.returncode = self._family.exits[pid]
                kept.process = None
                return kept
        return None

    def _stop(self) -> None:
        """Stop those who have something to give back, then everybody."""
        stop_processes(self._giving_back, GIVING_BACK_S, self._bell.wait)
        self._family.stop(GRACE_S, self._bell.wait)
        for pid in tuple(self._family.exits):
            self._gone(pid)

    def _giving_back(self) -> Iterable[psutil.Process]:
        own = {
            kept.process.pid
            for kept in self._kept.values()
            if kept.part.gives_back and kept.process is not None
        }
        return [one for one in self._family.members() if one.pid in own]


def _how(exit_code: int) -> str:
    return f"signal {-exit_code}" if exit_code < 0 else f"exit code {exit_code}"


def _say(kind: Kind, *, part: str = "", detail: str = "", pid: int | None = None) -> None:
    with suppress(BrokenPipeError):  # `porta serve` is gone, and the bell will tell
        os.write(sys.stdout.fileno(), Event(kind=kind, part=part, detail=detail, pid=pid).to_line())


def main(argument: str) -> int:
    """Be the guardian for a plan; gives the exit code."""
    plan = Plan.from_text(argument)
    fcntl.fcntl(plan.lock, fcntl.F_SETFD, fcntl.FD_CLOEXEC)  # the servers live without it
    folder = DataFolder(Path(plan.data))
    adopts = adopt_orphans()
    try:
        with Wakeup(sys.stdin.fileno()) as bell, folder.prepared(plan.lock) as sockets:
            composition = compose(plan, folder, sockets, os.environ)
            Supervisor(composition, folder, bell, adopts=adopts).keep()
    except FrontendError as error:
        _say("failed", detail=error.detail)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
