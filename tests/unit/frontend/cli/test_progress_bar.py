from __future__ import annotations

import contextlib
import os
import pty
from contextlib import redirect_stderr
from typing import TYPE_CHECKING

import pyarrow as pa

from frontend.cli.progress_bar import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest


END = "\x04"  # no bar contains it


class Terminal:
    """A terminal that standard error writes to, and what it shows at the end."""

    text = ""


@contextlib.contextmanager
def terminal() -> Iterator[Terminal]:
    shown = Terminal()
    screen, writer = pty.openpty()
    try:
        with os.fdopen(writer, "w") as stream:
            with redirect_stderr(stream):
                yield shown
            stream.write(END)
            stream.flush()
            while not shown.text.endswith(END):  # a busy kernel passes it on in parts
                shown.text += os.read(screen, 65_536).decode()
    finally:
        os.close(screen)


def test_a_terminal_shows_what_is_done_and_the_present_label() -> None:
    with terminal() as shown, Progress.of(100, "starting") as bar:
        bar.relabel("propagating")
        bar.reach(50)
        bar.reach(20)  # late news from another worker
        bar.reach(100)
    assert shown.text.index("starting") < shown.text.index("propagating")
    assert "100%" in shown.text


def test_a_pipe_gets_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with Progress.of(100, "propagating") as bar:
        bar.reach(100)
    assert capfd.readouterr() == ("", "")


def test_batches_pass_unchanged_and_their_rows_are_counted() -> None:
    batches = [pa.record_batch({"x": list(range(size))}) for size in (3, 0, 7)]
    with terminal() as shown, Progress.of(10, "writing") as bar:
        assert list(bar.count(batches)) == batches
    assert "100%" in shown.text
