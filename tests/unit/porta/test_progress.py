from __future__ import annotations

import io
import sys
import time
from typing import TYPE_CHECKING

import pytest

from porta.errors import ArgumentTypeError
from porta.progress import Bar, Calls, Silent, reported

if TYPE_CHECKING:
    from collections.abc import Callable


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_without_a_terminal_nothing_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with reported(None) as report:
        assert type(report) is Silent
    monkeypatch.setattr(sys, "stderr", None)
    with reported(None) as report:
        assert type(report) is Silent


def test_on_a_terminal_it_is_a_bar_unless_none_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    with reported(None) as report:
        assert type(report) is Bar
    with reported(False) as report:  # noqa: FBT003 - the argument of propagate
        assert type(report) is Silent


def test_a_bar_appears_after_half_a_second_and_is_gone_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with reported(True) as report:  # noqa: FBT003 - the argument of propagate
        report.begin(1_000, "propagating")
        report.reach(10)
        assert terminal.getvalue() == ""
        until = time.monotonic() + 5.0
        done = 10
        while not terminal.getvalue() and time.monotonic() < until:
            done += 1
            report.reach(done % 1_000)
        report.say("compiling")
        report.reach(2_000)
    shown = terminal.getvalue()
    assert "propagating" in shown
    assert "compiling" in shown
    assert shown.rsplit("\r", 1)[-1].strip() == ""


def test_a_function_is_called_with_how_much_is_done_and_never_with_more_than_all() -> None:
    told: list[tuple[int, int]] = []

    def tell(done: int, total: int) -> None:
        told.append((done, total))

    with reported(tell) as report:
        assert type(report) is Calls
        report.begin(10, "propagating")
        report.say("compiling")
        report.reach(4)
        report.reach(12)
    assert told == [(0, 10), (4, 10), (10, 10)]


@pytest.mark.parametrize("progress", [1, "yes", 0])
def test_anything_else_is_refused(progress: Callable[[int, int], None]) -> None:
    with pytest.raises(ArgumentTypeError, match="progress must be"), reported(progress):
        pass
