"""Waiting for a cluster: each look is a call of kubectl or a request, so it pauses between."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["until"]

PAUSE_S: Final = 1.0


def until(look: Callable[[], object], what: str, *, within_s: float) -> None:
    """Look until the result is true; fails, saying what did not happen, if it is not in time."""
    deadline = time.monotonic() + within_s
    while not look():
        assert time.monotonic() < deadline, f"not within {within_s:g} s: {what}"
        time.sleep(PAUSE_S)
