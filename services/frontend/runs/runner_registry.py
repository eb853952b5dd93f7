"""The runners of an installation: which are alive, and which one reaps.

Times are Redis' own, so that runners and readers need not agree on a clock.
"""

from __future__ import annotations

import os
import secrets
import socket
from typing import TYPE_CHECKING, Any, Final

import orjson

from frontend.storage import keys
from frontend.storage.connection import command, storage_errors
from frontend.storage.scripts import Scripts

if TYPE_CHECKING:
    from collections.abc import Mapping

    import redis

__all__ = ["RunnerRegistry", "is_on_this_host", "new_runner_name"]

FORGOTTEN_AFTER_MS: Final = 600_000


def new_runner_name() -> str:
    """Return a name for a runner of this process: its host, its process id, and a random part."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"


def is_on_this_host(name: str) -> bool:
    """Whether a runner with this name runs on this host."""
    return name.rsplit("-", 2)[0] == socket.gethostname()


class RunnerRegistry:
    """The runners of one installation."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._scripts = Scripts(client)

    def heartbeat(self, name: str, info: Mapping[str, object]) -> None:
        """Report that a runner is alive; `info` is any JSON object without `at_ms`."""
        document = orjson.dumps(dict(info))
        self._scripts.call(
            "heartbeat", {"runners": keys.RUNNERS}, name, document, FORGOTTEN_AFTER_MS
        )

    def alive(self, within_ms: int = 15_000) -> dict[str, dict[str, Any]]:
        """Return the last report (with `age_ms`) of each runner that reported within the time."""
        now, words = self._scripts.call("runners", {"runners": keys.RUNNERS})
        heartbeats = zip(words[::2], words[1::2], strict=True)
        infos = {name.decode(): orjson.loads(info) for name, info in heartbeats}
        aged = {name: info | {"age_ms": now - info["at_ms"]} for name, info in infos.items()}
        return {name: info for name, info in aged.items() if info["age_ms"] <= within_ms}

    def leave(self, name: str) -> None:
        """Remove a runner that stops."""
        with storage_errors():
            self._client.hdel(keys.RUNNERS, name)

    def lead(self, token: str, lease_ms: int) -> bool:
        """Become or remain the runner that reaps; to be repeated before the lease expires."""
        return bool(self._scripts.call("lead", {"reaper": keys.REAPER}, token, lease_ms))

    def stop_leading(self, token: str) -> None:
        """Let another runner reap at once."""
        self._scripts.call("lead", {"reaper": keys.REAPER}, token, 0)

    def installation(self) -> str:
        """Return the random name of this installation, which is drawn once."""
        with storage_errors():
            name: bytes | None = command(self._client, "GET", keys.INSTALLATION)
            while (
                name is None
            ):  # asked first: a full storage refuses even a SET that changes nothing
                self._client.set(keys.INSTALLATION, secrets.token_hex(8), nx=True)
                name = command(self._client, "GET", keys.INSTALLATION)
        return name.decode()
