"""What the cluster test prints: each claim, what is done for it, and how long that took."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["claim", "say", "timed"]


def say(text: str) -> None:
    """Print lines of the story, and let them be seen at once."""
    lines = text.rstrip().splitlines()
    sys.stdout.write("".join(f"  {line}\n" for line in lines))
    sys.stdout.flush()


def claim(name: str) -> None:
    """Print what the next lines are about: the name of a test, as a sentence."""
    words, bracket, case = name.removeprefix("test_").partition("[")
    of = f" ({case.removesuffix(']')})" if bracket else ""
    sys.stdout.write(f"\n{words.replace('_', ' ').capitalize()}{of}.\n")
    sys.stdout.flush()


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print what was done and how long it took, also if it failed."""
    began, ended = time.monotonic(), "failed after"
    try:
        yield
        ended = "took"
    finally:
        say(f"{what}  [{ended} {time.monotonic() - began:.1f} s]")
