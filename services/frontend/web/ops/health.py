"""The probes: `/healthz` for liveness, `/readyz` for readiness.

Both answer while Redis is unavailable: liveness does not depend on it, readiness reports it.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, Response

from frontend.errors import StorageError
from frontend.runs.runner_status import OK, gateway_says
from frontend.web.context import services
from frontend.web.http.responses import json_reply

if TYPE_CHECKING:
    from frontend.bootstrap import Services

__all__ = ["blueprint", "readiness"]


blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def alive() -> Response:
    """Answer: the process serves requests."""
    return json_reply({"status": OK})


@blueprint.get("/readyz")
def ready() -> Response:
    """Report whether a propagation that is requested now can be computed."""
    checks = readiness(services())
    is_ready = all(state == OK for state in checks.values())
    status = HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE
    return json_reply({"status": OK if is_ready else "not ready", "checks": checks}, status)


def readiness(services: Services) -> dict[str, str]:
    """Check Redis, the runners, and the Gateway as the runners report it: "ok" or a sentence."""
    try:
        runners = services.runners.alive()
    except StorageError as error:
        return {"redis": error.detail, "runner": "Not known.", "gateway": "Not known."}
    if not runners:
        return {"redis": OK, "runner": "No runner has said anything lately.", "gateway": "Unknown."}
    return {"redis": OK, "runner": OK, "gateway": gateway_says(runners)}
