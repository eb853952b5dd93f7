"""A progress bar, shown on a terminal only: a pipe or a log gets nothing of it."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from sim.export.reread import Reread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import pyarrow as pa
    from click._termui_impl import ProgressBar

__all__ = ["Progress"]


class Progress:
    """The progress of a task, towards a total that is known from the start."""

    def __init__(self, bar: ProgressBar[int]) -> None:
        self._bar = bar
        self._done = 0

    @classmethod
    @contextmanager
    def of(cls, total: int, label: str) -> Iterator[Progress]:
        """Show a bar up to `total` on standard error, if that is a terminal."""
        with click.progressbar(
            length=total,
            label=label,
            file=sys.stderr,
            hidden=not sys.stderr.isatty(),
            item_show_func=lambda note: None if note is None else str(note),
        ) as bar:
            yield cls(bar)

    @property
    def done(self) -> int:
        """How much of the total is done."""
        return self._done

    def reach(self, done: int) -> None:
        """Show that `done` of the total is done; a smaller value than before changes nothing."""
        self._bar.update(max(0, done - self._done))
        self._done = max(done, self._done)

    def relabel(self, label: str) -> None:
        """Show another label."""
        if self._bar.label != label:
            self._bar.label = label
            self._bar.update(0)

    def counted(self, read: Callable[[], Iterable[pa.RecordBatch]]) -> Reread:
        """Return batches that can be read again, and show the rows of the first reading."""

        def reading() -> Iterator[pa.RecordBatch]:
            done = 0
            for batch in read():
                yield batch
                done += batch.num_rows
                self.reach(done)

        return Reread(reading)

    def count(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the batches, and show their rows as done."""
        for batch in batches:
            yield batch
            self.reach(self._done + batch.num_rows)
