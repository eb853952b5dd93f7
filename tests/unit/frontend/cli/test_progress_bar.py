from __future__ import annotations

import os
import pty
import sys
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from frontend.cli.progress_bar import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator


class Terminal:
    """A terminal that stands for standard error, and what was written to it."""

    def __init__(self) -> None:
        self._screen, writer = pty.openpty()
        self.stream = os.fdopen(writer, "w")

    def text(self) -> str:
        self.stream.flush()
        return os.read(self._screen, 65_536).decode()

    def close(self) -> None:
        self.stream.close()
        os.close(self._screen)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    made = Terminal()
    monkeypatch.setattr(sys, "stderr", made.stream)
    yield made
    monkeypatch.undo()
    made.close()


def test_a_terminal_shows_what_is_done_and_the_present_label(terminal: Terminal) -> None:
    with Progress.of(100, "starting") as bar:
        bar.relabel("propagating")
        bar.reach(50)
        bar.reach(20)  # late news from another worker
        bar.reach(100)
    text = terminal.text()
    assert text.index("starting") < text.index("propagating")
    assert "100%" in text


def test_a_pipe_gets_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with Progress.of(100, "propagating") as bar:
        bar.reach(100)
    assert capfd.readouterr() == ("", "")


def test_batches_pass_unchanged_and_their_rows_are_counted(terminal: Terminal) -> None:
    batches = [pa.record_batch({"x": list(range(size))}) for size in (3, 0, 7)]
    with Progress.of(10, "writing") as bar:
        assert list(bar.count(batches)) == batches
    assert "100%" in terminal.text()
