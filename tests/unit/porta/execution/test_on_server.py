"""Claims about waiting for a running Porta; what it computes is in test_porta.py."""

from __future__ import annotations

from time import sleep
from typing import TYPE_CHECKING, Any

import pytest

from porta.execution import on_server
from porta.execution.api_client import Unreachable
from porta.execution.on_server import OnServer, finished
from porta.execution.server import Server
from porta.progress import reported

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_S = 0.05


class Restarted:
    """A client whose server has nothing to say for long, is then away for a time, and is there."""

    def __init__(self, away: int) -> None:
        self.away = away

    def events(self, _path: str) -> Iterator[dict[str, Any]]:
        sleep(4 * PATIENCE_S)
        yield from ()

    def get(self, _path: str) -> dict[str, Any]:
        if self.away:
            self.away -= 1
            raise Unreachable("It is being started.")
        return resource("complete")

    def pause(self) -> None:
        """Go on at once."""


def resource(status: str) -> dict[str, Any]:
    return {"id": "500", "status": status, "progress": {"done": 1, "total": 2}}


def test_the_patience_with_a_server_begins_when_it_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(on_server, "PATIENCE_S", PATIENCE_S)
    place, running = OnServer(Server("http://127.0.0.1")), resource("running")
    with reported(progress=False) as report:
        found = finished(place, Restarted(away=1), running, report)  # type: ignore[arg-type]
        assert found["status"] == "complete"
        with pytest.raises(Unreachable):
            finished(place, Restarted(away=99), running, report)  # type: ignore[arg-type]
