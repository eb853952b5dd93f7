"""A supervisor in a process of its own keeps small real servers, each a few lines of Python."""

from __future__ import annotations

import json
import os
import signal
import time
from typing import TYPE_CHECKING, Any, Final, Protocol

import psutil
import pytest

from frontend.embedded.supervisor import RESTARTS
from tests.deadlines import EVENTUALLY_S, within
from tests.processes import eventually, lives, python

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    class Start(Protocol):
        def __call__(self, *processes: dict[str, Any]) -> Supervised: ...


STOPPED_S: Final = 5.0  # as porta serve has: nothing is left of it then
SUPERVISOR: Final = """
import json, sys
from pathlib import Path
from frontend.embedded.wakeup import Wakeup
from frontend.embedded.stack import Stack
from frontend.embedded.errors import ProcessFailed
from frontend.embedded.process_tree import adopt_orphans
from frontend.embedded.data_dir import DataDir
from frontend.embedded.supervisor import Supervisor
from frontend.embedded.managed_process import ManagedProcess

data_dir = DataDir(Path(sys.argv[1]))
data_dir.logs.mkdir()

def managed(name, program, **others):
    there = data_dir.path / f"{name}.there"
    return ManagedProcess(
        name=name, title=f"the {name}", command=(sys.executable, "-c", program, str(there)),
        environ={}, working_dir=data_dir.path, log=data_dir.log(name), answers=there.exists,
        **others,
    )

processes = tuple(managed(**one) for one in json.loads(sys.argv[2]))
with Wakeup(sys.stdin.fileno()) as wakeup:
    try:
        Supervisor(Stack(processes, "{}"), data_dir, wakeup, adopts=adopt_orphans()).run()
    except ProcessFailed as failure:
        print(json.dumps({"kind": "raised", "detail": failure.detail}), flush=True)
"""
SERVER: Final = """
import pathlib, sys, time
pathlib.Path(sys.argv[1]).touch()
time.sleep(60)
"""
STUBBORN: Final = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n{SERVER}"
WITH_ORPHAN: Final = f"import os, time\nif os.fork() == 0: os.setsid(); time.sleep(60)\n{SERVER}"
FORKING: Final = f"import os, time\nif os.fork() == 0: time.sleep(60)\n{SERVER}"
SLOW: Final = f"""
import time
while time.process_time() < 1.5: pass
{SERVER}"""
SEEN: Final = f"""
import pathlib, sys, time
while not pathlib.Path(sys.argv[1]).with_name("two.there").exists(): time.sleep(0.05)
{SERVER}"""
NEVER_THERE: Final = "import time; print('thinking', flush=True); time.sleep(60)"
BROKEN: Final = "import sys; sys.exit('no configuration')"


class Supervised:
    """A supervisor, its pipe, and what it says."""

    def __init__(self, data: Path, *processes: dict[str, Any]) -> None:
        self.process = python(SUPERVISOR, data, json.dumps(processes))

    def hear(self, kind: str) -> dict[str, Any]:
        """Listen until it says something of that kind."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            event: dict[str, Any] = json.loads(line)
            if event["kind"] == kind:
                return event
        raise AssertionError(f"the supervisor never said {kind!r}")

    def descendants(self) -> list[int]:
        return [one.pid for one in psutil.Process(self.process.pid).children(recursive=True)]

    def let_go(self) -> float:
        """Close the pipe, as the end of `porta serve` does; gives how long the end took."""
        start = time.monotonic()
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(EVENTUALLY_S)
        return time.monotonic() - start


@pytest.fixture
def keep(tmp_path: Path) -> Iterator[Start]:
    started: list[Supervised] = []

    def start(*processes: dict[str, Any]) -> Supervised:
        started.append(Supervised(tmp_path / "data", *processes))
        return started[-1]

    (tmp_path / "data").mkdir()
    yield start
    for supervised in started:
        supervised.let_go()
        assert supervised.process.stdout is not None
        supervised.process.stdout.close()


def test_it_is_ready_when_every_server_is_there_in_their_order(keep: Start) -> None:
    supervisor = keep(
        {"name": "second", "program": SERVER, "after": ["first"]},
        {"name": "first", "program": SERVER},
    )
    assert [supervisor.hear("started")["process"] for _ in range(2)] == ["first", "second"]
    supervisor.hear("ready")
    assert len(supervisor.descendants()) == 2


@pytest.mark.parametrize("program", [SERVER, STUBBORN, WITH_ORPHAN])
def test_at_the_pipes_end_nobody_is_left(keep: Start, program: str) -> None:
    supervisor = keep(
        {"name": "one", "program": program}, {"name": "two", "program": program, "gives_back": True}
    )
    supervisor.hear("ready")
    everybody = supervisor.descendants()
    assert len(everybody) >= 2
    assert supervisor.let_go() < within(STOPPED_S)
    assert not [pid for pid in everybody if lives(pid)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_supervisor_ends_all_as_well(keep: Start, number: signal.Signals) -> None:
    supervisor = keep({"name": "one", "program": SERVER})
    supervisor.hear("ready")
    everybody = supervisor.descendants()
    supervisor.process.send_signal(number)
    supervisor.process.wait(EVENTUALLY_S)
    assert not [pid for pid in everybody if lives(pid)]


def test_a_killed_supervisor_takes_its_servers_along(keep: Start) -> None:
    supervisor = keep({"name": "one", "program": SERVER})
    server = supervisor.hear("started")["pid"]
    supervisor.hear("ready")
    supervisor.process.kill()
    eventually(lambda: not lives(server))


def test_a_server_that_dies_is_started_again_at_once(keep: Start) -> None:
    supervisor = keep({"name": "one", "program": SERVER})
    first = supervisor.hear("started")["pid"]
    supervisor.hear("ready")
    os.kill(first, signal.SIGKILL)
    assert supervisor.hear("restarted")["detail"] == "the one had ended (signal 9)"
    second = supervisor.hear("started")["pid"]
    assert second != first
    assert lives(second)


def test_what_a_dead_server_had_forked_is_gone_before_it_starts_again(keep: Start) -> None:
    supervisor = keep({"name": "one", "program": FORKING})
    first = supervisor.hear("started")["pid"]
    supervisor.hear("ready")
    (forked,) = (pid for pid in supervisor.descendants() if pid != first)
    os.kill(first, signal.SIGKILL)
    supervisor.hear("started")
    eventually(lambda: not lives(forked))


def test_a_server_that_keeps_dying_ends_all_with_a_sentence(keep: Start) -> None:
    supervisor = keep({"name": "one", "program": SERVER}, {"name": "two", "program": SERVER})
    others = [supervisor.hear("started")["pid"] for _ in range(2)]
    supervisor.hear("ready")
    victim = others[0]
    for _ in range(RESTARTS):
        os.kill(victim, signal.SIGKILL)
        victim = supervisor.hear("started")["pid"]
    os.kill(victim, signal.SIGKILL)
    detail = supervisor.hear("raised")["detail"]
    assert f"The one died {RESTARTS + 1} times within a minute, at last by signal 9" in detail
    supervisor.process.wait(EVENTUALLY_S)
    assert not lives(others[1])


def test_a_server_that_ends_while_all_start_is_named_with_its_last_words(keep: Start) -> None:
    supervisor = keep({"name": "one", "program": SERVER}, {"name": "two", "program": BROKEN})
    detail = supervisor.hear("raised")["detail"]
    assert detail.startswith("The two ended while Porta started (exit code 1).")
    assert detail.endswith("    no configuration")


def test_a_server_that_is_not_there_in_time_is_named_with_its_last_words(keep: Start) -> None:
    supervisor = keep({"name": "one", "program": NEVER_THERE, "deadline_s": 1.0})
    detail = supervisor.hear("raised")["detail"]
    assert detail.startswith("The one was not ready after 1 s.")
    assert detail.endswith("    thinking")


def test_a_server_that_works_on_its_start_is_waited_for_beyond_its_deadline(keep: Start) -> None:
    supervisor = keep({"name": "one", "program": SLOW, "deadline_s": 0.5})
    supervisor.hear("ready")


@pytest.mark.parametrize(("program", "end"), [("SEEN", "ready"), ("NEVER_THERE", "raised")])
def test_a_server_that_another_one_sees_has_its_time_from_when_that_one_is_ready(
    keep: Start, program: str, end: str
) -> None:
    one = {"name": "one", "program": globals()[program], "deadline_s": 1.0, "seen_by": ["two"]}
    supervisor = keep(one, {"name": "two", "program": SLOW, "deadline_s": 1.0})
    assert "was not ready" in supervisor.hear(end)["detail"] or end == "ready"


def test_a_server_that_is_not_required_is_waited_for_and_then_left_alone(keep: Start) -> None:
    supervisor = keep(
        {"name": "one", "program": NEVER_THERE, "deadline_s": 0.5, "required": False},
    )
    assert supervisor.hear("waiting")["detail"] == "the one was not ready after 0.5 s"
    supervisor.hear("ready")


def test_the_pipes_end_during_the_start_ends_the_start(keep: Start) -> None:
    supervisor = keep({"name": "one", "program": NEVER_THERE})
    server = supervisor.hear("started")["pid"]
    assert supervisor.let_go() < within(STOPPED_S)
    assert not lives(server)
