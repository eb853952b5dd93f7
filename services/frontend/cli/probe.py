"""`porta probe runner`: whether the runner on this host has sent a heartbeat recently.

A runner listens on no port, so Kubernetes runs this command in the runner's container.

- It imports no Dask and no numerics, and waits for Redis for seconds at most: a probe runs often.
- Without Redis nothing is known of the runner, and the caller says what that means. A readiness
  probe fails; a liveness probe passes, because a restart of the runner would not bring Redis back.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from frontend.errors import FrontendError, SettingsError, StorageError
from frontend.runs.runner_registry import RunnerRegistry, is_on_this_host
from frontend.storage.connection import connect

if TYPE_CHECKING:
    from frontend.settings import Settings

__all__ = ["RunnerNotAlive", "probe_runner"]


class RunnerNotAlive(FrontendError):
    """No runner on this host has sent a heartbeat recently."""


def probe_runner(settings: Settings, *, without_redis_pass: bool) -> None:
    """Return if the runner on this host is alive.

    Raises RunnerNotAlive if it has sent no heartbeat recently, and StorageError if Redis does not
    answer, unless `without_redis_pass`.
    """
    if settings.redis_location is None:
        raise SettingsError("REDIS_URL", "is needed: the runner sends its heartbeats there.")
    client = connect(settings.redis_location, ca=settings.redis_ca)
    try:
        alive = RunnerRegistry(client).alive()
    except StorageError:
        if without_redis_pass:
            return
        raise
    finally:
        client.close()
    if not any(map(is_on_this_host, alive)):
        raise RunnerNotAlive(
            f"No runner on {socket.gethostname()} has sent a heartbeat in the last 15 seconds."
        )
