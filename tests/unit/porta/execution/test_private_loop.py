from __future__ import annotations

import asyncio
import errno
import threading

import pytest

from porta.execution.private_loop import Relay, run


class Told:
    """A report that remembers what it was told, and by which thread."""

    def __init__(self, interrupt_at: int | None = None) -> None:
        self.words: list[tuple[str, int, str]] = []
        self.threads: set[str] = set()
        self._interrupt_at = interrupt_at

    def begin(self, total: int, label: str) -> None:
        self._note("begin", total, label)

    def reach(self, done: int) -> None:
        self._note("reach", done, "")
        if done == self._interrupt_at:
            raise KeyboardInterrupt

    def say(self, label: str) -> None:
        self._note("say", 0, label)

    def _note(self, what: str, count: int, label: str) -> None:
        self.words.append((what, count, label))
        self.threads.add(threading.current_thread().name)


async def some(relay: Relay) -> str:
    relay.begin(2, "propagating")
    relay.reach(1)
    relay.say("fetching")
    return threading.current_thread().name


def test_progress_is_told_in_order_by_the_callers_thread() -> None:
    told = Told()
    assert run(some, told, cancelled="") == "porta"
    assert told.words == [
        ("begin", 2, "propagating"),
        ("reach", 1, ""),
        ("say", 0, "fetching"),
    ]
    assert told.threads == {threading.current_thread().name}


def test_a_running_loop_is_not_in_the_way() -> None:
    async def cell() -> str:
        return run(some, Told(), cancelled="")

    assert asyncio.run(cell()) == "porta"


def test_an_error_is_raised_as_itself() -> None:
    async def fails(_relay: Relay) -> None:
        raise ZeroDivisionError("of its own")

    with pytest.raises(ZeroDivisionError, match="of its own"):
        run(fails, Told(), cancelled="")


def test_an_interrupt_is_raised_after_the_cleanup_and_says_what_was_cleaned_up() -> None:
    cleaned = []

    async def endless(relay: Relay) -> None:
        try:
            relay.reach(1)
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.01)
            cleaned.append("up")

    with pytest.raises(KeyboardInterrupt) as raised:
        run(endless, Told(interrupt_at=1), cancelled="Cancelled; all is clean.")
    assert cleaned == ["up"]
    assert raised.value.__notes__ == ["Cancelled; all is clean."]
    assert "porta" not in {thread.name for thread in threading.enumerate()}


def test_an_interrupt_after_the_work_has_ended_is_raised_as_itself() -> None:
    threads = []

    async def short(relay: Relay) -> None:
        threads.append(threading.current_thread())
        relay.reach(1)

    class Late(Told):
        def reach(self, done: int) -> None:
            threads[0].join()
            super().reach(done)

    with pytest.raises(KeyboardInterrupt) as raised:
        run(short, Late(interrupt_at=1), cancelled="Cancelled; all is clean.")
    assert raised.value.__notes__ == ["Cancelled; all is clean."]


def test_where_no_loop_can_be_made_the_error_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left() -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(asyncio.events, "new_event_loop", none_left)
    with pytest.raises(OSError, match="Too many open files"):
        run(some, Told(), cancelled="")


@pytest.mark.parametrize("is_started", [False, True])
def test_an_interrupt_while_the_thread_starts_leaves_no_work(
    monkeypatch: pytest.MonkeyPatch, *, is_started: bool
) -> None:
    start, threads = threading.Thread.start, []

    async def endless(_relay: Relay) -> None:
        await asyncio.Event().wait()

    def interrupted(thread: threading.Thread) -> None:
        if is_started:
            start(thread)
            threads.append(thread)
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(endless, Told(), cancelled="")
    for thread in threads:
        thread.join(1.0)
    assert "porta" not in {thread.name for thread in threading.enumerate()}
