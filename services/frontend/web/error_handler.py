"""The one place that maps exceptions to HTTP responses.

- The API answers with `application/problem+json` (RFC 9457). A browser gets a page with the same
  status and sentence, and links to go on.
- No response shows anything internal: an unexpected exception is logged, and answered by a 500
  without details. Where Redis refuses a call, a login or a permission, it names the code of Redis'
  reply.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import orjson
from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from frontend.errors import (
    BadRequest,
    Busy,
    ChainBroken,
    Forbidden,
    LoginRefused,
    NotAcceptable,
    NotFound,
    NotPermitted,
    NotReady,
    PreconditionFailed,
    QueueFull,
    QuotaExceeded,
    RangeNotSatisfiable,
    RepairDelayed,
    StorageFull,
    StorageRefused,
    StorageUnavailable,
    Unauthenticated,
    ValueTooLarge,
)
from frontend.observability import logs
from frontend.web.auth import audit_log
from frontend.web.auth.authentication import CHALLENGE
from frontend.web.http.problem import MEDIA_TYPE, TOO_LARGE, UNEXPECTED, Problem
from frontend.web.http.record_stream import PAGE_FILES
from sim.errors import IntegrityError, PropagationFailed, RequestError, ScenarioError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MEDIA_TYPE", "Problem", "problem_of", "register"]

REFUSALS: Final = (Unauthenticated, Forbidden, QueueFull, QuotaExceeded)  # for the audit log
ATTEMPTS_AFTER_S: Final = 60  # the window of sign_in.ATTEMPTS
RETRY_AFTER_S: Final = 5  # for temporary errors: storage unavailable, a result recomputed


def _sentence(text: str) -> str:
    """End the text of an error with a full stop, if it has none."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _simple(status: HTTPStatus, retry_after_s: int | None = None) -> Callable[[Any], Problem]:
    headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
    return lambda error: Problem(status, _sentence(str(error)), headers)


def _not_found(error: NotFound) -> Problem:
    return _simple(HTTPStatus.NOT_FOUND, error.retry_after_s)(error)


def _not_ready(error: NotReady) -> Problem:
    headers = {"Retry-After": str(error.retry_after_s)}
    return Problem(HTTPStatus.NOT_FOUND, error.detail, headers)


def _beyond(error: RangeNotSatisfiable) -> Problem:
    headers = {"Content-Range": f"bytes */{error.size}", "Accept-Ranges": "bytes"}
    return Problem(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, error.detail, headers)


def _unauthenticated(error: Unauthenticated) -> Problem:
    why = ', error="invalid_token"' if error.invalid else ""
    headers = {"WWW-Authenticate": f"{CHALLENGE}{why}"}
    return Problem(HTTPStatus.UNAUTHORIZED, error.detail, headers)


def _too_many(error: QueueFull | QuotaExceeded) -> Problem:
    headers = {"Retry-After": str(error.retry_after_s)}
    return Problem(HTTPStatus.TOO_MANY_REQUESTS, error.detail, headers)


def _busy(error: Busy | RepairDelayed) -> Problem:
    headers = {"Retry-After": str(error.retry_after_s)}
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, error.detail, headers)


def _failed(error: PropagationFailed) -> Problem:
    steps = error.failure.iteration
    wanted = f"{steps} step{'s' * (steps != 1)}"
    advice = f" Ask for {wanted} to have all that came before." if steps else ""
    return Problem(HTTPStatus.NOT_FOUND, f"{error.failure.sentence}{advice}")


def _recomputed(_error: ChainBroken | IntegrityError) -> Problem:
    sentence = "The stored result was damaged; it is being computed again."
    headers = {"Retry-After": str(RETRY_AFTER_S)}
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, sentence, headers)


def _left(error: BrokenPipeError) -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, error.strerror or str(error))


def _refused(error: LoginRefused | NotPermitted | StorageRefused) -> Problem:
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, f"{error.detail} It has been logged.")


_RULES: Final[tuple[tuple[type[Exception], Callable[[Any], Problem]], ...]] = (
    (BadRequest, _simple(HTTPStatus.BAD_REQUEST)),
    (RequestError, _simple(HTTPStatus.BAD_REQUEST)),
    (ScenarioError, _simple(HTTPStatus.BAD_REQUEST)),
    (Unauthenticated, _unauthenticated),
    (Forbidden, _simple(HTTPStatus.FORBIDDEN)),
    (NotFound, _not_found),
    (NotAcceptable, _simple(HTTPStatus.NOT_ACCEPTABLE)),
    (PreconditionFailed, _simple(HTTPStatus.PRECONDITION_FAILED)),
    (RangeNotSatisfiable, _beyond),
    (NotReady, _not_ready),
    (Busy, _busy),
    (RepairDelayed, _busy),
    (BrokenPipeError, _left),  # backpressure.py
    (QueueFull, _too_many),
    (QuotaExceeded, _too_many),
    (PropagationFailed, _failed),
    (ChainBroken, _recomputed),
    (IntegrityError, _recomputed),
    (LoginRefused, _refused),
    (NotPermitted, _refused),
    (StorageUnavailable, _simple(HTTPStatus.SERVICE_UNAVAILABLE, RETRY_AFTER_S)),
    (StorageFull, _simple(HTTPStatus.SERVICE_UNAVAILABLE, RETRY_AFTER_S)),
    (StorageRefused, _refused),
    (ValueTooLarge, _simple(HTTPStatus.INSUFFICIENT_STORAGE)),
)

_HTTP_SENTENCES: Final = {
    HTTPStatus.BAD_REQUEST: "This request is malformed.",
    HTTPStatus.NOT_FOUND: "There is nothing at this address.",
    HTTPStatus.LENGTH_REQUIRED: "The request's body has no length; send Content-Length.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many attempts; wait a minute.",
    HTTPStatus.REQUEST_URI_TOO_LONG: "This address is too long.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "Send JSON, with Content-Type: application/json.",
}


def problem_of(error: Exception) -> Problem:
    """Return an exception as a problem; an unexpected one is a 500 without details."""
    for kind, rule in _RULES:
        if isinstance(error, kind):
            return rule(error)
    if isinstance(error, HTTPException) and error.code is not None:
        return _http_problem(error, HTTPStatus(error.code))
    return UNEXPECTED


def _http_problem(error: HTTPException, status: HTTPStatus) -> Problem:
    if isinstance(error, MethodNotAllowed):
        allowed = ", ".join(sorted(error.valid_methods or ()))
        return Problem(status, f"This address takes {allowed}.", {"Allow": allowed})
    if isinstance(error, RequestEntityTooLarge):
        return TOO_LARGE
    if status is HTTPStatus.TOO_MANY_REQUESTS:
        return Problem(status, _HTTP_SENTENCES[status], {"Retry-After": str(ATTEMPTS_AFTER_S)})
    return Problem(status, _HTTP_SENTENCES.get(status, f"{status.description or status.phrase}."))


def register(app: Flask) -> None:
    """Make `app` answer every error by the rules of this module."""
    app.register_error_handler(Exception, _answer)


def _answer(error: Exception) -> Response:
    problem = problem_of(error)
    if isinstance(error, REFUSALS):
        audit_log.refused(error)
    if problem.status is HTTPStatus.INTERNAL_SERVER_ERROR:
        logs.logger(__name__).error("unforeseen", path=request.path, exc_info=error)
    response = _document(problem) if _is_for_programs(request.path) else _page(problem)
    response.headers.extend(dict(problem.headers))
    response.headers["Cache-Control"] = "no-store"
    return response


def _is_for_programs(path: str) -> bool:
    return path.startswith("/api/") or path.rpartition("/")[2] in PAGE_FILES


def _document(problem: Problem) -> Response:
    body = orjson.dumps(problem.to_json())
    return Response(body, status=problem.status, content_type=MEDIA_TYPE)


def _page(problem: Problem) -> Response:
    return Response(render_template("error.html", problem=problem), status=problem.status)
