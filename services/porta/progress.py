"""Progress of a computation: a bar on a terminal and in a notebook, or calls of a function.

A bar appears after half a second: what is answered at once shows none.
"""

from __future__ import annotations

import sys
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from porta.errors import ArgumentTypeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from porta.sources import Report

__all__ = ["Bar", "Calls", "Silent", "reported"]

_DELAY_S: Final = 0.5


@contextmanager
def reported(progress: object) -> Iterator[Report]:
    """Yield where progress is told, for the argument of `porta.propagate`.

    None is a bar where somebody can see it; True a bar, False none; a function is called with how
    much is done, and of how much.
    """
    if callable(progress):
        yield Calls(progress)
    elif progress is False or (progress is None and not _is_seen()):
        yield Silent()
    elif progress is None or progress is True:
        bar = Bar()
        try:
            yield bar
        finally:
            bar.close()
    else:
        raise ArgumentTypeError(
            "progress", "progress must be None, True, False, or a function of (done, total)."
        )


def _is_seen() -> bool:
    """Whether a bar would be seen: in a notebook, or on a terminal."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    in_notebook = shell is not None and "IPKernelApp" in shell.config
    return in_notebook or (sys.stderr is not None and sys.stderr.isatty())


class Silent:
    """Nobody is told."""

    def begin(self, total: int, label: str) -> None:
        """Begin a task."""

    def reach(self, done: int) -> None:
        """Say how much is done."""

    def say(self, label: str) -> None:
        """Say what is done now."""


class Calls(Silent):
    """A function is called with how much is done, and of how much."""

    def __init__(self, tell: Callable[[int, int], object]) -> None:
        self._tell = tell
        self._total = 0

    def begin(self, total: int, label: str) -> None:  # noqa: ARG002 - a bar shows it
        """Begin a task of so many steps or members."""
        self._total = total
        self._tell(0, total)

    def reach(self, done: int) -> None:
        """Say how much is done."""
        self._tell(min(done, self._total), self._total)


class Bar:
    """A bar of tqdm: of text, or in a notebook that has ipywidgets a widget."""

    def __init__(self) -> None:
        self._bar: Any = None

    def begin(self, total: int, label: str) -> None:
        """Begin a task of so many steps or members; the bar of one before ends."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a notebook without ipywidgets gets a bar of text
            from tqdm.auto import tqdm

        self.close()
        self._bar = tqdm(
            total=total, desc=label, unit="", unit_scale=True, delay=_DELAY_S, leave=False
        )

    def reach(self, done: int) -> None:
        """Show how much is done; less than before changes nothing."""
        if self._bar is not None:
            self._bar.update(max(0, min(done, self._bar.total) - self._bar.n))

    def say(self, label: str) -> None:
        """Show another label."""
        if self._bar is not None:
            self._bar.set_description(label)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
