"""What a process of its own takes: to load the kernel, and to go over 1e8 iterations."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Final

from benchmarks.measure import Figure, Sample, at_most, measure

if TYPE_CHECKING:
    import resource
    from collections.abc import Iterator

WHOLE: Final = ("-m", "frontend.cli", "propagate", "100000000", "--workers", "inline")
LOAD: Final = """
import time
from sim import engine
begun = time.perf_counter()
engine.warm()
print(time.perf_counter() - begun)
"""
MB: Final = 1e6


@measure("the kernel loaded from disk", unit="s", target=at_most(0.5))
@contextlib.contextmanager
def loaded() -> Iterator[Sample]:
    """Time until every kernel is ready in a new process, where they were compiled before."""

    def sample() -> Figure:
        done = subprocess.run((sys.executable, "-c", LOAD), check=True, capture_output=True)  # noqa: S603 - our own words
        return Figure(float(done.stdout))

    yield sample


@measure("memory of porta propagate, inline 1e8", unit="MB", target=at_most(400))
@contextlib.contextmanager
def whole() -> Iterator[Sample]:
    """Take the most memory that the whole process holds."""

    def sample() -> Figure:
        child = subprocess.Popen((sys.executable, *WHOLE), stdout=subprocess.DEVNULL)  # noqa: S603 - our own words
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise RuntimeError(f"The command ended with {child.returncode}.")
        return Figure(_bytes(used) / MB, {"user_s": used.ru_utime, "system_s": used.ru_stime})

    yield sample


def _bytes(used: resource.struct_rusage) -> int:
    return used.ru_maxrss * 1024  # Linux tells KiB
