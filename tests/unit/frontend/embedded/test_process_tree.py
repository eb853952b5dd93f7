"""Each tree lives in a process of its own: stopping it must not stop the tests' servers."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Final

import psutil
import pytest

from frontend.embedded.process_tree import stop_processes
from tests.deadlines import EVENTUALLY_S, within
from tests.processes import eventually, line_of, lives, python

if TYPE_CHECKING:
    from pathlib import Path

LINUX_ONLY = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets adopt orphans")

# A child whose own child outlives it, in a session of its own, as Dask's processes are; both
# ignore SIGTERM where they are told to.
ORPHAN: Final = """
import os, signal, sys, time
if sys.argv[2] == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    with open(sys.argv[1], "w") as file:
        file.write(f"{os.getpid()}\\n")
    time.sleep(60)
elif sys.argv[3] == "leave":
    time.sleep(0.3)
else:
    time.sleep(60)
"""

GRACE_S: Final = 0.5
# Notes its descendants as the supervisor does, and stops them all when told to.
HEAD: Final = """
import subprocess, sys, time
from frontend.embedded.process_tree import ProcessTree, adopt_orphans
adopts = sys.argv[1] == "adopt" and adopt_orphans()
tree = ProcessTree(adopts=adopts)
child = subprocess.Popen((sys.executable, "-c", *sys.argv[3:]))
for line in sys.stdin:
    tree.note()
    print(len(tree.members()), flush=True)
start = time.monotonic()
tree.stop(float(sys.argv[2]))
child.returncode = tree.exits[child.pid]
print("stopped", len(tree.members()), time.monotonic() - start, flush=True)
"""
PARENT: Final = """
import subprocess, sys, time
from frontend.embedded.process_tree import die_with_parent
child = subprocess.Popen(
    (sys.executable, "-c", "import time; time.sleep(60)"), preexec_fn=die_with_parent()
)
print(child.pid, flush=True)
time.sleep(60)
"""


class Head:
    """The head of a tree, in a process of its own."""

    def __init__(self, pid_file: Path, how: str, temper: str, leaving: str) -> None:
        self.pid_file = pid_file
        self.process = python(HEAD, how, GRACE_S, ORPHAN, pid_file, temper, leaving)
        self.orphan = int(eventually(self._written))

    def _written(self) -> str:
        text = self.pid_file.read_text() if self.pid_file.exists() else ""
        return text if text.endswith("\n") else ""

    def members(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(line_of(self.process))

    def stop(self) -> tuple[int, float]:
        output, _ = self.process.communicate(timeout=EVENTUALLY_S)
        _, left, seconds = output.split()
        return int(left), float(seconds)


@pytest.mark.parametrize("temper", ["polite", "stubborn"])
def test_all_descendants_are_stopped_in_the_grace_and_a_moment(tmp_path: Path, temper: str) -> None:
    head = Head(tmp_path / "pid", "adopt", temper, "stay")
    assert head.members() == 2
    left, seconds = head.stop()
    assert left == 0
    assert not lives(head.orphan)
    assert seconds < within(GRACE_S)


@LINUX_ONLY
def test_an_orphan_is_adopted_and_stopped(tmp_path: Path) -> None:
    head = Head(tmp_path / "pid", "adopt", "polite", "leave")
    eventually(lambda: head.members() == 1)
    assert psutil.Process(head.orphan).ppid() == head.process.pid
    assert head.stop()[0] == 0
    assert not lives(head.orphan)


def test_an_orphan_that_was_noted_is_stopped_where_none_can_be_adopted(tmp_path: Path) -> None:
    head = Head(tmp_path / "pid", "note", "polite", "leave")
    eventually(lambda: head.members() == 1)
    assert psutil.Process(head.orphan).ppid() != head.process.pid
    assert head.stop()[0] == 0
    assert not lives(head.orphan)


@LINUX_ONLY
def test_a_child_that_asked_for_it_dies_with_its_parent() -> None:
    with python(PARENT) as parent:
        child = int(line_of(parent))
        assert lives(child)
        parent.kill()
    eventually(lambda: not lives(child))


def test_stopping_nobody_takes_no_time() -> None:
    start = time.monotonic()
    stop_processes(list, EVENTUALLY_S)
    assert time.monotonic() - start < within(0.0)
