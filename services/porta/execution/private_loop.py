"""Runs asynchronous work in a thread with an event loop of its own, while the caller waits.

Guarantees:

- It works from a plain script and inside a running event loop, such as a notebook's: that loop is
  never entered.
- Progress is told by the caller's own thread, where a notebook expects it.
- An interrupt (Ctrl-C) cancels the work, waits until it has cleaned up, and is raised then.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from porta.sources import Report

    T = TypeVar("T")
    Work: TypeAlias = Callable[["Relay"], Coroutine[Any, Any, T]]

__all__ = ["Relay", "run"]

_CLEANUP_S: Final = 45.0  # for a cluster to be stopped: three times as long as its backend takes


class Relay:
    """Progress that another thread tells: a `porta.sources.Report`."""

    def __init__(self, told: SimpleQueue[Callable[[], None] | None], report: Report) -> None:
        self._told = told
        self._report = report

    def begin(self, total: int, label: str) -> None:
        """Have it told that a task of so many steps or members begins."""
        self._told.put(partial(self._report.begin, total, label))

    def reach(self, done: int) -> None:
        """Have it told that so much is done."""
        self._told.put(partial(self._report.reach, done))

    def say(self, label: str) -> None:
        """Have it told what is done now."""
        self._told.put(partial(self._report.say, label))


def run(work: Work[T], report: Report, *, cancelled: str) -> T:
    """Return what `work` returns; raise what it raises.

    `cancelled` is the sentence that an interrupt carries once the work has cleaned up.
    """
    told: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
    begun: Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]] = Future()
    outcome: Future[T] = Future()
    # Not a daemon: a process that ends waits until its cluster is stopped.
    thread = threading.Thread(
        target=_run, args=(work, Relay(told, report), begun, outcome, told), name="porta"
    )
    try:
        thread.start()
        while (tell := told.get()) is not None:
            tell()
    except BaseException as error:
        if begun.cancel():  # the work has not begun, and does not any more
            raise
        loop, task = begun.result()
        with suppress(RuntimeError):  # the work has ended, and with it its loop
            loop.call_soon_threadsafe(task.cancel)
        thread.join(_CLEANUP_S)
        if isinstance(error, KeyboardInterrupt):
            error.add_note(cancelled if not thread.is_alive() else _NOT_YET)
        raise
    thread.join()
    return outcome.result()


_NOT_YET: Final = "Cancelled; what was started for it has not ended yet, and is being stopped."


def _run(
    work: Work[T],
    relay: Relay,
    begun: Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]],
    outcome: Future[T],
    told: SimpleQueue[Callable[[], None] | None],
) -> None:
    async def main() -> T:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # a coroutine that runs has one
        begun.set_result((asyncio.get_running_loop(), task))  # raises where the caller is gone
        return await work(relay)

    coroutine = main()
    try:
        outcome.set_result(asyncio.run(coroutine))
    except BaseException as error:  # noqa: BLE001  # it is raised in the caller's thread
        outcome.set_exception(error)
    finally:
        coroutine.close()  # where no loop could be made, it has not begun
        told.put(None)
