from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from werkzeug.exceptions import NotFound as NoSuchPage

from frontend import errors
from frontend.domain.resource import Progress, Resource, Status
from frontend.web import error_handler
from frontend.web.error_handler import problem_of
from sim.errors import (
    Failure,
    FailureReason,
    IntegrityError,
    PropagationFailed,
    RequestError,
    ScenarioError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNNING = Resource(
    id="5",
    steps=5,
    seed=0,
    member=0,
    members=1,
    status=Status.RUNNING,
    progress=Progress(done=1, total=5),
)
SECRET = "redis://:password@host"  # noqa: S105  # stands for one


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.BadRequest("No."), 400),
        (errors.Unauthenticated("No."), 401),
        (errors.Forbidden("No."), 403),
        (errors.NotFound("No."), 404),
        (errors.NotReady(RUNNING), 404),
        (errors.QueueFull(waiting=3, retry_after_s=10), 429),
        (errors.RepairDelayed(errors.QueueFull(waiting=3, retry_after_s=10)), 503),
        (errors.QuotaExceeded("starts", "60 per 1 hour", retry_after_s=10), 429),
        (errors.StorageUnavailable("Away."), 503),
        (errors.StorageFull("Full."), 503),
        (errors.LoginRefused("WRONGPASS"), 500),
        (errors.NotPermitted("NOPERM"), 500),
        (errors.StorageRefused("WRONGTYPE"), 500),
        (errors.ValueTooLarge(2, 1), 507),
        (errors.ChainBroken("d", 1, "gone"), 503),
        (RequestError("steps", "must be positive."), 400),
        (ScenarioError("agents", "must not be empty."), 400),
        (IntegrityError("a slice"), 503),
        (PropagationFailed(Failure(7, ("A", "B"), FailureReason.COLLISION)), 404),
        (NoSuchPage(), 404),
        (RuntimeError(SECRET), 500),
    ],
)
def test_every_error_has_a_status_and_a_sentence(error: Exception, status: int) -> None:
    problem = problem_of(error)
    assert problem.status == status
    assert problem.detail.endswith(".")


@pytest.mark.parametrize("code", ["NOPERM", "WRONGPASS", "WRONGTYPE"])
def test_what_redis_will_refuse_again_names_its_code_and_invites_no_client_to_try(
    code: str,
) -> None:
    kinds = {"NOPERM": errors.NotPermitted, "WRONGPASS": errors.LoginRefused}
    problem = problem_of(kinds.get(code, errors.StorageRefused)(code))
    assert code in problem.detail
    assert "Retry-After" not in problem.headers
    assert "Retry-After" in problem_of(errors.StorageUnavailable("Away.")).headers


def every_subclass(kind: type[Exception]) -> Iterator[type[Exception]]:
    for one in kind.__subclasses__():
        yield one
        yield from every_subclass(one)


def test_no_error_that_a_request_can_meet_is_left_to_chance() -> None:
    ruled = tuple(kind for kind, _ in error_handler._RULES)  # noqa: SLF001  # the table is the claim
    met_elsewhere = {errors.StorageError, errors.LeaseLost, errors.SettingsError}
    kinds = every_subclass(errors.FrontendError)
    without_requests = ("frontend.cli.", "frontend.embedded.")  # they end a command
    unruled = {
        one
        for one in kinds
        if not issubclass(one, ruled) and not one.__module__.startswith(without_requests)
    }
    assert unruled == met_elsewhere


def test_what_passes_by_itself_says_when_to_ask_again() -> None:
    assert problem_of(errors.NotReady(RUNNING, retry_after_s=2)).headers == {"Retry-After": "2"}
    assert problem_of(errors.QueueFull(waiting=1, retry_after_s=9)).headers == {"Retry-After": "9"}
    assert "Retry-After" in problem_of(errors.StorageUnavailable("Away.")).headers


def test_a_trajectory_that_ends_says_what_can_be_had() -> None:
    failed = PropagationFailed(Failure(7, ("A", "B"), FailureReason.COLLISION))
    assert "Ask for 7 steps" in problem_of(failed).detail


def test_the_document_is_that_of_rfc_9457() -> None:
    problem = error_handler.Problem(HTTPStatus.BAD_REQUEST, "A sentence.")
    assert problem.to_json() == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": "A sentence.",
    }


@pytest.fixture
def failing() -> Flask:
    app = Flask("frontend", static_folder=None, template_folder="web/pages/templates")
    app.jinja_env.globals["asset"] = str
    error_handler.register(app)

    def fail() -> str:
        raise RuntimeError(SECRET)

    app.add_url_rule("/api/v1/fail", view_func=fail)
    app.add_url_rule("/fail", view_func=fail, endpoint="page")
    app.add_url_rule("/propagate/5/data.js", view_func=fail, endpoint="data")
    return app


@pytest.mark.parametrize("path", ["/api/v1/fail", "/propagate/5/data.js"])
def test_programs_get_a_problem_document_without_anything_internal(
    failing: Flask, path: str
) -> None:
    answer = failing.test_client().get(path)
    assert answer.status_code == 500
    assert answer.content_type == "application/problem+json"
    assert SECRET not in answer.text
    assert answer.get_json()["status"] == 500


def test_people_get_a_page_with_the_same_sentence_and_a_way_on(failing: Flask) -> None:
    page = failing.test_client().get("/fail")
    sentence = failing.test_client().get("/api/v1/fail").get_json()["detail"]
    assert page.status_code == 500
    assert page.content_type.startswith("text/html")
    assert sentence in page.text
    assert 'href="/"' in page.text
    assert SECRET not in page.text


def test_what_http_itself_refuses_is_answered_in_the_same_forms(failing: Flask) -> None:
    client = failing.test_client()
    assert client.get("/api/v1/nowhere").get_json()["title"] == "Not Found"
    refused = client.post("/api/v1/fail")
    assert refused.status_code == 405
    assert refused.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert isinstance(refused.get_json()["detail"], str)
