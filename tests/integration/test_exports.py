"""Exports of ten million records, each in a process of its own, whose memory is measured."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

import pytest

from tests.labelled import OF_ANY

BOUND_BYTES: Final = 300 * 10**6  # for the whole process, interpreter and libraries included

# What `porta propagate --output` does, with what is written counted instead of kept.
EXPORT: Final = """
import sys
from pathlib import Path

class WithoutPandas:  # which pyarrow loads where it is, 60 MB: only tests and notebooks bring it
    def find_spec(self, name, *others):
        if name == "pandas":
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, WithoutPandas())
from sim import Propagation, Trajectory
from sim.export import FORMATS, export
from sim.records import schema_of

opened = Propagation.open(Trajectory(), 6_400_000)
assert opened.records >= 10_000_000
schema = schema_of(opened.trajectory.scenario.model)
written = sum(map(len, export(opened.slices(), FORMATS[sys.argv[1]], schema)))
# Not getrusage, which counts what the process was forked from too: proc(5), VmHWM.
peak = Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]
print(written, int(peak) * 1024)
"""


@pytest.mark.parametrize("form", OF_ANY)
def test_exporting_ten_million_records_holds_less_than_300_mb(form: str) -> None:
    command = (sys.executable, "-c", EXPORT, form)
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own words
    written, peak = map(int, done.stdout.split())
    assert written > 30 * 10_000_000
    assert peak < BOUND_BYTES
