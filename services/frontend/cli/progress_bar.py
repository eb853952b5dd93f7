"""A progress bar on a terminal; nothing in a pipe or a log."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa
    from click._termui_impl import ProgressBar

__all__ = ["Progress"]


class Progress:
    """How much of something is done, shown while it is."""

    def __init__(self, bar: ProgressBar[int]) -> None:
        self._bar = bar
        self._done = 0

    @classmethod
    @contextmanager
    def of(cls, total: int, label: str) -> Iterator[Progress]:
        """Show progress towards a total, on standard error if that is a terminal."""
        with click.progressbar(
            length=total,
            label=label,
            file=sys.stderr,
            hidden=not sys.stderr.isatty(),
            item_show_func=lambda note: None if note is None else str(note),
        ) as bar:
            yield cls(bar)

    def reach(self, done: int) -> None:
        """Say that so much is done."""
        self._bar.update(max(0, done - self._done))
        self._done = max(done, self._done)

    def say(self, label: str) -> None:
        """Say what is going on."""
        if self._bar.label != label:
            self._bar.label = label
            self._bar.update(0)

    def count(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Pass batches on, and count their rows."""
        for batch in batches:
            yield batch
            self.reach(self._done + batch.num_rows)
