"""The probes: `/healthz` for liveness, `/readyz` for readiness.

Both answer while Redis is unavailable: liveness does not depend on it, readiness reports it.
Readiness tries what it vouches for: it writes to Redis and, under `porta serve`, to the data
folder. Anyone may ask, so its sentences name no path.
"""

from __future__ import annotations

from http import HTTPStatus
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response

from frontend.domain.waiting import NO_RUNNER
from frontend.errors import StorageError
from frontend.runs.runner_status import OK, gateway_says
from frontend.storage import keys
from frontend.storage.connection import storage_errors
from frontend.web.context import services
from frontend.web.http.responses import json_reply

if TYPE_CHECKING:
    from frontend.bootstrap import Services

__all__ = ["blueprint", "readiness"]

UNKNOWN: Final = "Not known."  # what the part that has failed would report
PROBE_BYTES: Final = 4_096  # a block, which a full disk has no room for

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
    """Check each part, the Gateway as the runners report it: "ok" or a sentence."""
    return {**_servers(services), **_data_folder(services.settings.data)}


def _servers(services: Services) -> dict[str, str]:
    try:
        with storage_errors():
            services.client.set(keys.PROBE, 1)
        runners = services.runners.alive()
    except StorageError as error:
        return {"redis": error.detail, "runner": UNKNOWN, "gateway": UNKNOWN}
    if not runners:
        return {
            "redis": OK,
            "runner": NO_RUNNER.sentence,
            "gateway": UNKNOWN,
        }
    return {"redis": OK, "runner": OK, "gateway": gateway_says(runners)}


def _data_folder(folder: str | None) -> dict[str, str]:
    """Write to the data folder, if this web has one: Redis goes on when its folder is gone."""
    if folder is None:
        return {}
    try:
        with TemporaryFile(dir=folder, buffering=0) as file:
            file.write(bytes(PROBE_BYTES))
    except OSError as error:
        return {"data": f"The data folder can't be written ({error.strerror})."}
    return {"data": OK}
