"""Doing what has to be done at the end, also while being cancelled, but not for ever."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Coroutine

__all__ = ["in_any_case"]

_LOG: Final = logging.getLogger(__name__)


async def in_any_case(ending: Coroutine[object, object, object], within_s: float) -> None:
    """Await `ending` to its end, through cancellation of whoever waits, at most `within_s`.

    What it raises is logged and goes no further: something else is being ended for a reason of
    its own. A cancellation is raised again when the ending is over.
    """
    task = asyncio.ensure_future(asyncio.wait_for(ending, within_s))
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if task.cancelled() or task.exception() is not None:
        _LOG.warning("An ending failed.", exc_info=None if task.cancelled() else task.exception())
    if cancelled is not None:
        raise cancelled
