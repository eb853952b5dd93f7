"""The id of each request: in every log line on its behalf, and in its response.

The response carries it as `X-Request-ID`. An id that the request brings, from a proxy for example,
is kept if it is a plain word.
"""

from __future__ import annotations

import logging
import re
import secrets
from typing import TYPE_CHECKING, Final

from flask import Flask, g, request
from structlog.contextvars import bind_contextvars, clear_contextvars

from frontend.observability import logs

if TYPE_CHECKING:
    from flask import Response

__all__ = ["HEADER", "register"]

HEADER: Final = "X-Request-ID"
WORD: Final = re.compile("[A-Za-z0-9._-]{1,64}")  # safe in a log line and in a header

_level = logging.getLogger(__name__)


def register(app: Flask) -> None:
    """Give each request of `app` an id."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    clear_contextvars()  # of an earlier request, which this thread may have served
    given = request.headers.get(HEADER, "")
    g.request_id = given if WORD.fullmatch(given) else secrets.token_hex(8)
    bind_contextvars(request=g.request_id)


def _end(response: Response) -> Response:
    response.headers[HEADER] = g.request_id
    response.call_on_close(clear_contextvars)  # also after a stream, which outlasts this function
    if _level.isEnabledFor(logging.DEBUG):  # cheaper than a line that is then discarded
        fields = {"method": request.method, "path": request.path, "status": response.status_code}
        logs.logger(__name__).debug("answered", **fields)
    return response
