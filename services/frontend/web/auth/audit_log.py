"""The audit: a log line for each start, cancellation, deletion and refusal.

It says who did what, to which run, from where, and what came of it; never a token. The lines
are of the level info: `PORTA_LOG_LEVEL` must not be above it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import request

from frontend.observability import logs
from frontend.web.auth.authorization import principal

if TYPE_CHECKING:
    from sim.scenario import PropagationRequest

__all__ = ["record", "refused"]

LOGGER: Final = "frontend.audit"


def record(
    action: str, outcome: str, wanted: PropagationRequest | None = None, *, who: str | None = None
) -> None:
    """Write that somebody, who sent this request, did something."""
    what = {} if wanted is None else {"id": wanted.id, "run": wanted.trajectory.digest}
    _write(action, outcome, who=who or principal().name, **what)


def refused(reason: Exception) -> None:
    """Write that this request was refused."""
    _write(f"{request.method} {request.path}", "refused", who=principal().name, reason=str(reason))


def _write(action: str, outcome: str, **more: str) -> None:
    address = request.remote_addr or "a socket"
    logs.logger(LOGGER).info("audit", action=action, outcome=outcome, address=address, **more)
