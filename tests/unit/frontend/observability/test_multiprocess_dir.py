"""Claims about the folder in which the processes of a web count together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from frontend.observability.multiprocess_dir import PREFIX, VARIABLE, counting_together

if TYPE_CHECKING:
    from collections.abc import Iterator

HELD = """
import time
from frontend.observability.multiprocess_dir import counting_together
with counting_together() as folder:
    print(folder, flush=True)
    time.sleep(600)
"""

FORKED = """
import os, sys
from frontend.observability.multiprocess_dir import counting_together
with counting_together() as folder:
    if os.fork() == 0:
        sys.exit(0)
    os.wait()
    print(folder.is_dir())
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for temporary files of the test's own."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield tmp_path
    tempfile.tempdir = None


def test_it_is_there_for_as_long_as_it_is_needed() -> None:
    with counting_together() as folder:
        assert folder.is_dir()
        assert os.environ[VARIABLE] == str(folder)
    assert not folder.exists()
    assert VARIABLE not in os.environ


def test_a_worker_that_leaves_by_the_same_way_takes_nothing_along() -> None:
    forked = subprocess.run(  # noqa: S603 - our own code
        (sys.executable, "-c", FORKED), check=True, capture_output=True, text=True
    )
    assert forked.stdout == "True\n"


def test_a_folder_in_use_stays_and_that_of_a_killed_process_goes(place: Path) -> None:
    holder = subprocess.Popen(  # noqa: S603 - our own code
        (sys.executable, "-c", HELD), stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    left = Path(holder.stdout.readline().strip())
    with counting_together():
        assert left.is_dir()
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    with counting_together() as mine:
        assert list(place.glob(f"{PREFIX}*")) == [mine]


def test_nobody_holds_up_its_start_by_what_they_put_beside_it(place: Path) -> None:
    strange = place / f"{PREFIX}strange"
    strange.mkdir()
    os.mkfifo(strange / "lock")  # opening it to read waits for somebody who writes
    with counting_together() as mine:
        assert list(place.glob(f"{PREFIX}*")) == [mine]
