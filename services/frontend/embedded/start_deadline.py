"""How long a server may take to start: the deadline is on progress, not on time.

A first start compiles the kernels, which takes ten seconds on an idle machine and minutes on a busy
one. A server that works on its start uses the processor; one that hangs does not.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Final

import psutil

__all__ = ["StartDeadline"]

SHARE: Final = 0.02  # of a core: a server that only waits uses less, one that starts uses more
LONGEST_S: Final = 900.0  # for a server that uses the processor and is never ready
LOOK_S: Final = 0.25  # between two looks at the processes


class StartDeadline:
    """The deadline of one start: `seconds` in which its processes use less than SHARE of a core."""

    def __init__(self, pid: int, seconds: float) -> None:
        self._pid = pid
        self._seconds = seconds
        self._begun_at = self._progress_at = self._looked_at = time.monotonic()
        self._used_s = 0.0

    def begin_again(self) -> None:
        """Give it as long again: that it makes no progress can't be told now."""
        self._begun_at = self._progress_at = time.monotonic()

    def has_passed(self) -> bool:
        """Return whether the start has made no progress for too long."""
        now = time.monotonic()
        if now >= self._looked_at + LOOK_S:
            self._looked_at = now
            used_s = _processor_seconds(self._pid)
            if used_s >= self._used_s + SHARE * self._seconds:
                self._used_s, self._progress_at = used_s, now
        return now > self._progress_at + self._seconds or now > self._begun_at + LONGEST_S


def _processor_seconds(pid: int) -> float:
    """Return the processor time that a process and its descendants have used."""
    used_s = 0.0
    with suppress(psutil.Error):
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            with suppress(psutil.Error):
                times = process.cpu_times()
                used_s += times.user + times.system
    return used_s
