"""Cleanup that runs to its end, also during cancellation, within a deadline."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Coroutine

__all__ = ["in_any_case"]

_LOG: Final = logging.getLogger(__name__)


async def in_any_case(ending: Coroutine[object, object, object], within_s: float) -> None:
    """Await `ending` for at most `within_s`, also if the caller is cancelled meanwhile.

    An error of `ending` is logged, not raised: the caller usually handles another one. A
    cancellation is raised when `ending` is done.
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
