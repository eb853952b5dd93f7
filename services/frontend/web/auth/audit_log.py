"""The audit log: a line for each start, cancellation, deletion, sign-in and refusal.

- A line holds the principal, the action, the run, the client's address and the outcome; never a
  token.
- The lines have the level info, so `PORTA_LOG_LEVEL` must not be above it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import request

from frontend.observability import logs
from frontend.web.auth.authorization import principal

if TYPE_CHECKING:
    from sim.scenario import PropagationRequest

__all__ = ["record", "refused"]

LOGGER: Final = "frontend.audit"  # a name that operators filter by: docs/security.md


def record(
    action: str,
    outcome: str,
    propagation_request: PropagationRequest | None = None,
    *,
    who: str | None = None,
) -> None:
    """Log an action of the sender of this request; `who` if that is not the principal yet."""
    target = {}
    if propagation_request is not None:
        run = propagation_request.digest
        target = {"id": propagation_request.id, "run": run}
    _write(action, outcome, who=who or principal().name, **target)


def refused(reason: Exception) -> None:
    """Log that this request was refused."""
    _write(f"{request.method} {request.path}", "refused", who=principal().name, reason=str(reason))


def _write(action: str, outcome: str, **fields: str) -> None:
    address = request.remote_addr or "a socket"
    logs.logger(LOGGER).info("audit", action=action, outcome=outcome, address=address, **fields)
