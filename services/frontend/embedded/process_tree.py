"""The descendants of this process: lists them, and stops them all.

- On Linux a process can adopt descendants whose parents die (PR_SET_CHILD_SUBREAPER, prctl(2)),
  so that none is lost. Elsewhere they are noted each second with their start times, so that
  another process that was given the same id since is left alone.
- They are stopped by SIGTERM, then by SIGKILL, repeatedly until none is left.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Final

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["ProcessTree", "adopt_orphans", "die_with_parent", "stop_processes"]

PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h
PR_SET_CHILD_SUBREAPER: Final = 36  # linux/prctl.h
POLL_S: Final = 0.02
KILLING_S: Final = 5.0  # a process that survives this hangs in the kernel

_LIBC = ctypes.CDLL(None, use_errno=True)


def adopt_orphans() -> bool:
    """Become the parent of descendants whose parents die; False if the system can't."""
    return sys.platform == "linux" and not _LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with_parent() -> Callable[[], None] | None:
    """Return what a child calls before exec, so that it is killed when its parent dies."""
    if sys.platform != "linux":
        return None
    parent = os.getpid()

    def before_exec() -> None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # the parent died before the call took effect
            os._exit(1)

    return before_exec


class ProcessTree:
    """All living descendants of this process.

    `exits` has the exit codes of reaped children by process id; a negative one is a signal, as
    in `subprocess`.
    """

    def __init__(self, *, adopts: bool) -> None:
        self.exits: dict[int, int] = {}
        self._adopts = adopts
        self._noted: set[psutil.Process] = set()

    def note(self) -> None:
        """Remember the present descendants, unless the system reports orphans to this process."""
        if not self._adopts:
            self._noted = set(self.members())

    def reap(self) -> list[int]:
        """Wait for the children that have ended, without blocking; return their process ids."""
        ended: list[int] = []
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return ended
            if pid == 0:
                return ended
            self.exits[pid] = os.waitstatus_to_exitcode(status)
            ended.append(pid)

    def members(self) -> list[psutil.Process]:
        """Return the living descendants."""
        self.reap()
        found = set(psutil.Process().children(recursive=True))
        for noted in self._noted:
            found.add(noted)
            found.update(_children(noted))
        return [process for process in found if _lives(process)]

    def stop(self, grace_s: float, wait: Callable[[float], object] = time.sleep) -> None:
        """Stop all descendants: by SIGTERM, and after `grace_s` seconds by SIGKILL."""
        stop_processes(self.members, grace_s, wait)


def stop_processes(
    members: Callable[[], Iterable[psutil.Process]],
    grace_s: float,
    wait: Callable[[float], object] = time.sleep,
) -> None:
    """Stop the processes that `members` returns, until it returns none."""
    start = time.monotonic()
    left = list(members())
    _signal(left, signal.SIGTERM)
    while left and time.monotonic() < start + grace_s:
        wait(POLL_S)
        left = list(members())
    while left and time.monotonic() < start + grace_s + KILLING_S:
        _signal(left, signal.SIGKILL)
        wait(POLL_S)
        left = list(members())


def _signal(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        try:
            process.send_signal(number)
        except psutil.Error:
            continue  # it has ended


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
