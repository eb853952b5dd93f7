"""What those who keep Porta running ask: is it alive, and is it ready.

Both are answered while Redis is away: alive says nothing about it, ready says that it is.
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
    """Answer, which is all that it says."""
    return json_reply({"status": OK})


@blueprint.get("/readyz")
def ready() -> Response:
    """Say whether a propagation that is asked for now can be computed."""
    checks = readiness(services())
    good = all(said == OK for said in checks.values())
    status = HTTPStatus.OK if good else HTTPStatus.SERVICE_UNAVAILABLE
    return json_reply({"status": OK if good else "not ready", "checks": checks}, status)


def readiness(of: Services) -> dict[str, str]:
    """Check Redis, the runners, and what the runners say of their Gateway; a sentence for each."""
    try:
        runners = of.runners.alive()
    except StorageError as error:
        return {"redis": error.detail, "runner": "Not known.", "gateway": "Not known."}
    if not runners:
        return {"redis": OK, "runner": "No runner has said anything lately.", "gateway": "Unknown."}
    return {"redis": OK, "runner": OK, "gateway": gateway_says(runners)}
