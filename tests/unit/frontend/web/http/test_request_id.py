"""Claims about requests' ids, and the lines that carry them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from structlog.contextvars import get_contextvars, merge_contextvars
from structlog.testing import capture_logs

from frontend.web.http import request_id

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping

    from flask.testing import FlaskClient


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[list[MutableMapping[str, Any]]]:
    """What is logged, with what is bound."""
    structlog.reset_defaults()  # in case another test has configured it in this process
    caplog.set_level(logging.DEBUG, logger=request_id.__name__)
    with capture_logs([merge_contextvars]) as captured:
        yield captured


def test_every_answer_has_an_id_and_no_two_the_same(web: FlaskClient) -> None:
    ids = {web.get("/healthz").headers["X-Request-ID"] for _ in range(3)}
    assert len(ids) == 3


def test_a_proxy_s_id_is_taken_over(web: FlaskClient) -> None:
    answer = web.get("/healthz", headers={"X-Request-ID": "abc-123"})
    assert answer.headers["X-Request-ID"] == "abc-123"


@pytest.mark.parametrize("given", ["two words", "x" * 65, '{"level":"error"}', ""])
def test_an_id_that_is_no_plain_word_is_replaced(web: FlaskClient, given: str) -> None:
    answer = web.get("/healthz", headers={"X-Request-ID": given})
    assert request_id.WORD.fullmatch(answer.headers["X-Request-ID"])
    assert answer.headers["X-Request-ID"] != given


def test_what_is_logged_for_a_request_says_which_and_about_what(
    lines: list[MutableMapping[str, Any]], web: FlaskClient
) -> None:
    web.get("/api/v1/propagations/500", headers={"X-Request-ID": "one"})
    (line,) = lines
    assert line["request"] == "one"
    assert line["propagation"] == "500"
    assert len(line["run"]) == 16


def test_what_one_request_was_about_is_not_said_of_the_next(
    lines: list[MutableMapping[str, Any]], web: FlaskClient
) -> None:
    web.get("/api/v1/propagations/500")
    web.get("/healthz")
    first, second = lines
    assert first["request"] != second["request"]
    assert "propagation" not in second


def test_what_is_logged_after_an_answer_is_not_about_its_request(web: FlaskClient) -> None:
    web.get("/api/v1/propagations/500", buffered=True)
    assert get_contextvars() == {}
