from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from sim.cluster.ending import in_any_case
from tests.deadlines import CLEANUP_S

if TYPE_CHECKING:
    import pytest


def test_an_ending_is_awaited_through_repeated_cancellation() -> None:
    ended: list[str] = []

    async def main() -> None:
        go = asyncio.Event()

        async def ending() -> None:
            await go.wait()
            ended.append("ended")

        task = asyncio.create_task(in_any_case(ending(), CLEANUP_S))
        for _ in range(3):
            await asyncio.sleep(0)
            task.cancel()
        await asyncio.sleep(0)
        assert not task.done()
        go.set()
        with suppress(asyncio.CancelledError):
            await task
        assert task.cancelled()

    asyncio.run(main())
    assert ended == ["ended"]


def test_an_ending_is_bounded_in_time(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        asyncio.run(in_any_case(asyncio.sleep(60), 0.01))
    assert caplog.messages == ["An ending failed."]


def test_what_an_ending_raises_is_logged_and_goes_no_further(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def ending() -> None:
        raise OSError("gone")

    with caplog.at_level(logging.WARNING):
        asyncio.run(in_any_case(ending(), CLEANUP_S))
    assert "gone" in caplog.text
