from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from frontend.embedded.errors import ProcessFailed
from frontend.embedded.managed_process import ManagedProcess
from tests.deadlines import EVENTUALLY_S

if TYPE_CHECKING:
    from pathlib import Path


def moon(folder: Path, *command: str) -> ManagedProcess:
    return ManagedProcess(
        name="moon",
        title="the moon",
        command=command,
        environ={"PHASE": "full"},
        working_dir=folder,
        log=folder / "moon.log",
        answers=lambda: True,
    )


def test_a_server_works_in_its_folder_with_its_own_environment_and_log(tmp_path: Path) -> None:
    program = "import os; print(os.getcwd(), os.environ['PHASE'], os.getsid(0) == os.getpid())"
    with moon(tmp_path, sys.executable, "-c", program).start() as process:
        assert process.wait(EVENTUALLY_S) == 0
    assert (tmp_path / "moon.log").read_text().split() == [str(tmp_path), "full", "True"]


def test_a_program_that_is_not_there_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ProcessFailed, match=r"The moon could not be started \(.*No such file"):
        moon(tmp_path, "/no/such/program").start()


def test_a_failure_shows_the_last_lines_of_the_log(tmp_path: Path) -> None:
    (tmp_path / "moon.log").write_text("".join(f"line {number}\n" for number in range(1_000)))
    failure = moon(tmp_path, "moon").failed("fell")
    assert failure.detail.startswith(f"The moon fell. Its last lines, from {tmp_path}/moon.log:\n")
    assert failure.detail.endswith("    line 998\n    line 999")
    assert failure.detail.count("\n") == 12


def test_a_failure_without_a_log_names_where_it_would_be(tmp_path: Path) -> None:
    assert (
        moon(tmp_path, "moon").failed("fell").detail == f"The moon fell. See {tmp_path}/moon.log."
    )
