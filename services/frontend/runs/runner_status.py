"""Why queued runs do not start: what the runners report of themselves and their Gateway.

Redis is read once a second at most, however many pages ask.
"""

from __future__ import annotations

from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Final

from frontend.domain.waiting import NO_RUNNER
from frontend.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from frontend.runs.runner_registry import RunnerRegistry

__all__ = ["OK", "RunnerStatus", "gateway_says"]

OK: Final = "ok"
LOOK_S: Final = 1.0


class RunnerStatus:
    """What keeps queued runs from starting; thread-safe."""

    def __init__(self, runners: RunnerRegistry) -> None:
        self._runners = runners
        self._lock = Lock()
        self._looked = float("-inf")
        self._obstacle: str | None = None

    def obstacle(self) -> str | None:
        """Return why no run starts, as a sentence; None where nothing is known to prevent it."""
        with self._lock:
            if monotonic() - self._looked > LOOK_S:
                self._obstacle = self._look()
                self._looked = monotonic()
            return self._obstacle

    def _look(self) -> str | None:
        try:
            runners = self._runners.alive()
        except StorageError:
            return None
        if not runners:
            return NO_RUNNER.sentence
        said = gateway_says(runners)
        return None if said == OK else said


def gateway_says(runners: Mapping[str, Mapping[str, Any]]) -> str:
    """Return ok if a runner finds its Gateway healthy, else what one reports; "" for none."""
    said = {str(info.get("gateway", OK)) for info in runners.values()}
    return OK if OK in said else min(said, default="")
