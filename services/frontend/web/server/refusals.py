"""Requests that are answered before the application sees them, because they are malformed.

Each answer is a problem document (RFC 9457) on a connection that is then closed: where a next
request would begin is not known.
"""

from __future__ import annotations

from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import orjson
from gunicorn.http.errors import (
    ExpectationFailed,
    InvalidHTTPVersion,
    InvalidRequestLine,
    InvalidRequestMethod,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
    UnsupportedTransferCoding,
)

from frontend.web.http.limits import (
    FIELD_LIMIT_BYTES,
    FIELDS_LIMIT,
    HEAD_LIMIT_BYTES,
    LINE_LIMIT_BYTES,
)
from frontend.web.http.problem import MEDIA_TYPE, TOO_LARGE, UNEXPECTED, Problem
from frontend.web.http.security_headers import HEADERS

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Refused",
    "malformed",
    "overloaded",
    "problem_of",
    "response",
    "too_large",
    "too_late",
    "too_many_chunks",
    "without_host",
]

RETRY_AFTER_S: Final = 5  # by then the requests that wait now have arrived, or most of them have

_PROBLEMS: Final[Mapping[type[Exception], Problem]] = {  # what gunicorn raises for a head
    LimitRequestLine: Problem(
        HTTPStatus.REQUEST_URI_TOO_LONG,
        f"This address is too long: a request line has at most {LINE_LIMIT_BYTES:,} bytes.",
    ),
    LimitRequestHeaders: Problem(
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        f"The header fields are too large: at most {FIELDS_LIMIT} of {FIELD_LIMIT_BYTES:,} bytes "
        f"each, and {HEAD_LIMIT_BYTES:,} bytes in all.",
    ),
    ExpectationFailed: Problem(
        HTTPStatus.EXPECTATION_FAILED, "The only expectation that is met is 100-continue."
    ),
    UnsupportedTransferCoding: Problem(
        HTTPStatus.NOT_IMPLEMENTED, "The only transfer coding that is read is chunked."
    ),
    InvalidRequestLine: Problem(HTTPStatus.BAD_REQUEST, "The request line is malformed."),
    InvalidRequestMethod: Problem(HTTPStatus.BAD_REQUEST, "The method is malformed."),
    InvalidHTTPVersion: Problem(
        HTTPStatus.BAD_REQUEST, "This is not a version of HTTP that is read here; use HTTP/1.1."
    ),
}
_HEADER: Final = Problem(HTTPStatus.BAD_REQUEST, "A header field of the request is malformed.")


class Refused(Exception):
    """A request is not read to its end, and is answered with this problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def malformed(detail: str) -> Refused:
    """Return the refusal of a body whose framing makes no sense."""
    return Refused(Problem(HTTPStatus.BAD_REQUEST, detail))


def too_large() -> Refused:
    """Return the refusal of a body that turns out larger than a body may be."""
    return Refused(TOO_LARGE)


def too_many_chunks() -> Refused:
    """Return the refusal of a body whose framing outgrows what may frame it."""
    detail = "The request's body comes in too many small chunks; send larger ones."
    return Refused(Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail))


def too_late(seconds: float) -> Refused:
    """Return the refusal of a request that has not arrived in time."""
    detail = f"The request did not arrive within {seconds:g} seconds."
    return Refused(Problem(HTTPStatus.REQUEST_TIMEOUT, detail))


def overloaded() -> Refused:
    """Return the refusal of a body for which this process has no memory left."""
    detail = "Too much is being sent to this server at the moment; try again."
    headers = {"Retry-After": str(RETRY_AFTER_S)}
    return Refused(Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers))


def without_host() -> Refused:
    """Return the refusal of a request that does not say for which host it is."""
    detail = "The request has no Host field, which HTTP/1.1 requires (RFC 9112, section 3.2)."
    return Refused(Problem(HTTPStatus.BAD_REQUEST, detail))


def problem_of(error: Exception) -> Problem:
    """Return the problem to answer with; of an unexpected error, one without details."""
    if isinstance(error, Refused):
        return error.problem
    for kind, problem in _PROBLEMS.items():
        if isinstance(error, kind):
            return problem
    return _HEADER if isinstance(error, ParseException) else UNEXPECTED


def response(problem: Problem) -> bytes:
    """Return the whole response, which says that the connection ends with it."""
    body = orjson.dumps(problem.to_json())
    headers = {
        "Date": formatdate(usegmt=True),
        "Connection": "close",
        "Content-Type": MEDIA_TYPE,
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        **dict(HEADERS),
        **problem.headers,
    }
    lines = [f"HTTP/1.1 {int(problem.status)} {problem.status.phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body
