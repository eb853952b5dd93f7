"""Claims about what ties log lines together."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from structlog.contextvars import get_contextvars, merge_contextvars
from structlog.testing import capture_logs

from frontend import tracing
from frontend.runstate import Lease

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping

    from flask.testing import FlaskClient


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[list[MutableMapping[str, Any]]]:
    """What is logged, with what is bound."""
    structlog.reset_defaults()  # in case somebody has configured it in this process
    caplog.set_level(logging.DEBUG, logger=tracing.__name__)
    with capture_logs([merge_contextvars]) as captured:
        yield captured


def test_every_answer_has_an_id_and_no_two_the_same(web: FlaskClient) -> None:
    ids = {web.get("/healthz").headers["X-Request-ID"] for _ in range(3)}
    assert len(ids) == 3


def test_a_proxy_s_id_is_taken_over(web: FlaskClient) -> None:
    answer = web.get("/healthz", headers={"X-Request-ID": "abc-123"})
    assert answer.headers["X-Request-ID"] == "abc-123"


@pytest.mark.parametrize("told", ["two words", "x" * 65, '{"level":"error"}', ""])
def test_an_id_that_is_no_plain_word_is_replaced(web: FlaskClient, told: str) -> None:
    answer = web.get("/healthz", headers={"X-Request-ID": told})
    assert tracing.WORD.fullmatch(answer.headers["X-Request-ID"])
    assert answer.headers["X-Request-ID"] != told


def test_what_is_logged_for_a_request_says_which_and_about_what(
    lines: list[MutableMapping[str, Any]], web: FlaskClient
) -> None:
    web.get("/api/v1/propagations/500", headers={"X-Request-ID": "one"})
    (said,) = lines
    assert said["request"] == "one"
    assert said["propagation"] == "500"
    assert len(said["run"]) == 16


def test_what_one_request_was_about_is_not_said_of_the_next(
    lines: list[MutableMapping[str, Any]], web: FlaskClient
) -> None:
    web.get("/api/v1/propagations/500")
    web.get("/healthz")
    first, second = lines
    assert first["request"] != second["request"]
    assert "propagation" not in second


def test_whatever_a_run_does_in_tasks_and_threads_says_whose_it_is() -> None:
    async def in_a_task() -> dict[str, Any]:
        return get_contextvars()

    async def conduct(digest: str) -> list[dict[str, Any]]:
        tracing.conducting(Lease(digest, "token", 3), target=500)
        await asyncio.sleep(0)  # the other one binds its own meanwhile
        thread, task = asyncio.to_thread(get_contextvars), asyncio.create_task(in_a_task())
        return list(await asyncio.gather(thread, task))

    async def both() -> list[list[dict[str, Any]]]:
        return await asyncio.gather(*(asyncio.create_task(conduct(one)) for one in "ab"))

    expected = [[{"run": one, "epoch": 3, "target": 500}] * 2 for one in "ab"]
    assert asyncio.run(both()) == expected


def test_what_is_logged_after_an_answer_is_not_about_its_request(web: FlaskClient) -> None:
    web.get("/api/v1/propagations/500", buffered=True)
    assert get_contextvars() == {}
