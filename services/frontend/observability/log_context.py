"""What ties log lines together: a request's id, and which propagation and run they are about.

- Every line that is logged on behalf of a request carries its id, which the answer repeats as
  `X-Request-ID`; a proxy's own id is taken over if it is a plain word.
- Every line on behalf of a run, in whatever task or thread, carries the run's digest and epoch.
"""

from __future__ import annotations

import logging
import re
import secrets
from typing import TYPE_CHECKING, Final

from flask import Flask, g, request
from structlog.contextvars import bind_contextvars, clear_contextvars

from frontend import logs

if TYPE_CHECKING:
    from flask import Response

    from frontend.runstate import Lease
    from sim.model import PropagationRequest

__all__ = ["HEADER", "about", "conducting", "register"]

HEADER: Final = "X-Request-ID"
WORD: Final = re.compile("[A-Za-z0-9._-]{1,64}")

_level = logging.getLogger(__name__)


def register(app: Flask) -> None:
    """Give each request of `app` an id."""
    app.before_request(_begin)
    app.after_request(_end)


def about(wanted: PropagationRequest) -> None:
    """Let what is logged from here on say which propagation it is about, and of which run."""
    bind_contextvars(propagation=wanted.id, run=wanted.trajectory.digest)


def conducting(lease: Lease, target: int) -> None:
    """Let what is logged from here on, in this task and those it starts, say for which run."""
    clear_contextvars()
    bind_contextvars(run=lease.digest, epoch=lease.epoch, target=target)


def _begin() -> None:
    clear_contextvars()  # threads are used again
    told = request.headers.get(HEADER, "")
    g.request_id = told if WORD.fullmatch(told) else secrets.token_hex(8)
    bind_contextvars(request=g.request_id)


def _end(response: Response) -> Response:
    response.headers[HEADER] = g.request_id
    response.call_on_close(clear_contextvars)  # what its thread logs then is about nobody's request
    if _level.isEnabledFor(logging.DEBUG):  # cheaper than a line that nobody reads
        told = {"method": request.method, "path": request.path, "status": response.status_code}
        logs.logger(__name__).debug("answered", **told)
    return response
