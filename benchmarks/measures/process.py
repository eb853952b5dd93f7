"""What a process of its own takes: to load the kernel, and to go over 1e8 iterations."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from typing import TYPE_CHECKING, Final

from benchmarks.measure import Figure, Sample, at_most, measure

if TYPE_CHECKING:
    from collections.abc import Iterator

WHOLE: Final = """
from benchmarks.memory import peak_bytes
from frontend.cli.main import porta
porta(["propagate", "100000000", "--workers", "inline"], standalone_mode=False)
print(peak_bytes())
"""
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
        done = subprocess.run((sys.executable, "-c", WHOLE), check=True, capture_output=True)  # noqa: S603 - our own words
        return Figure(int(done.stdout.split()[-1]) / MB)

    yield sample
