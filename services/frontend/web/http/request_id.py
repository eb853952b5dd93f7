"""Each request's id: in every line logged on its behalf, and in its response.

The response says it as `X-Request-ID`; a proxy's own id is taken over if it is a plain word.
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
WORD: Final = re.compile("[A-Za-z0-9._-]{1,64}")

_level = logging.getLogger(__name__)


def register(app: Flask) -> None:
    """Give each request of `app` an id."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    clear_contextvars()  # threads are used again
    told = request.headers.get(HEADER, "")
    g.request_id = told if WORD.fullmatch(told) else secrets.token_hex(8)
    bind_contextvars(request=g.request_id)


def _end(response: Response) -> Response:
    response.headers[HEADER] = g.request_id
    response.call_on_close(clear_contextvars)  # its thread serves other requests next
    if _level.isEnabledFor(logging.DEBUG):  # cheaper than a line that is thrown away
        told = {"method": request.method, "path": request.path, "status": response.status_code}
        logs.logger(__name__).debug("answered", **told)
    return response
