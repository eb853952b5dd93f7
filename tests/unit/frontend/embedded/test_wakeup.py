from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from frontend.embedded.wakeup import Wakeup
from tests.deadlines import EVENTUALLY_S

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    read, write = os.pipe()
    yield read, write
    os.close(read)


def test_what_comes_through_the_pipe_is_given_once(pipe: tuple[int, int]) -> None:
    read, write = pipe
    with Wakeup(read) as wakeup:
        os.write(write, b"ab")
        wakeup.wait(EVENTUALLY_S)
        assert (wakeup.take(), wakeup.take(), wakeup.ended) == (b"ab", b"", False)
        os.close(write)


def test_the_pipes_end_rings_and_stays(pipe: tuple[int, int]) -> None:
    read, write = pipe
    with Wakeup(read) as wakeup:
        os.close(write)
        wakeup.wait(EVENTUALLY_S)
        assert wakeup.ended
        wakeup.wait(0.0)
        assert wakeup.ended


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_request_to_end_rings(pipe: tuple[int, int], number: signal.Signals) -> None:
    read, write = pipe
    with Wakeup(read) as wakeup:
        os.kill(os.getpid(), number)
        wakeup.wait(EVENTUALLY_S)
        assert wakeup.signals == 1
    os.close(write)


def test_a_childs_end_rings(pipe: tuple[int, int]) -> None:
    read, write = pipe
    start = time.monotonic()
    with Wakeup(read) as wakeup, subprocess.Popen((sys.executable, "-c", "")):
        wakeup.wait(EVENTUALLY_S)
    assert time.monotonic() < start + EVENTUALLY_S
    os.close(write)


def test_a_signal_that_was_ignored_stays_ignored(pipe: tuple[int, int]) -> None:
    read, write = pipe
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Wakeup(read) as wakeup:
            os.kill(os.getpid(), signal.SIGHUP)
            wakeup.wait(0.1)
            assert wakeup.signals == 0
    finally:
        signal.signal(signal.SIGHUP, before)
        os.close(write)
