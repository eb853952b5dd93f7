"""Claims about what ties log lines together."""

from __future__ import annotations

import asyncio
from typing import Any

from structlog.contextvars import get_contextvars

from frontend.domain.run import Lease
from frontend.observability import log_context


def test_whatever_a_run_does_in_tasks_and_threads_says_whose_it_is() -> None:
    async def in_a_task() -> dict[str, Any]:
        return get_contextvars()

    async def conduct(digest: str) -> list[dict[str, Any]]:
        log_context.executing(Lease(digest, "token", 3), target=500)
        await asyncio.sleep(0)  # the other one binds its own meanwhile
        thread, task = asyncio.to_thread(get_contextvars), asyncio.create_task(in_a_task())
        return list(await asyncio.gather(thread, task))

    async def both() -> list[list[dict[str, Any]]]:
        return await asyncio.gather(*(asyncio.create_task(conduct(one)) for one in "ab"))

    expected = [[{"run": one, "epoch": 3, "target": 500}] * 2 for one in "ab"]
    assert asyncio.run(both()) == expected
