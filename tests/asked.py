"""A propagation that was asked for: how it goes on, what came of it, and whether that is right."""

from __future__ import annotations

import contextlib
import html
import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import httpx

from frontend.storage.connection import command
from sim.engine import Propagation, initial_checkpoint, pass_over
from sim.scenario import NANO, PropagationRequest, Trajectory
from tests.deadlines import EVENTUALLY_S
from tests.processes import eventually

if TYPE_CHECKING:
    from sim.scenario import Scenario
    from tests.installation import Installation

LONG: Final = 100_000_000  # seconds on a cluster, six stretches: long enough to be disturbed
INTERVAL: Final = 65_536  # iterations, for two agents
COMPLETE_S: Final = 120.0
OVER: Final = frozenset({"complete", "failed", "cancelled"})


@cache
def reference(request: PropagationRequest) -> dict[str, Any]:
    """What the engine alone says of a propagation, in this process and in one piece."""
    trajectory, steps = request.trajectory, request.steps
    start = initial_checkpoint(trajectory.scenario)
    passed = pass_over(trajectory, start, steps // trajectory.interval)
    alone = Propagation.open(trajectory, steps, [passed])
    return {
        "checkpoints_checksum": alone.checkpoints_checksum,
        "end": {name: state.to_json() for name, state in alone.end.items()},
        "records": alone.records,
    }


@dataclass(frozen=True)
class Asked:
    """A propagation, of the default scenario unless another is given."""

    installation: Installation
    steps: int
    seed: int
    scenario: Scenario = NANO

    @property
    def request(self) -> PropagationRequest:
        return PropagationRequest(self.steps, Trajectory(self.scenario, self.seed))

    @property
    def digest(self) -> str:
        return self.request.trajectory.digest

    @property
    def path(self) -> str:
        return f"/api/v1/propagations/{self.request.id}"

    def again(self) -> httpx.Response:
        """Ask for it (again)."""
        body = {"steps": self.steps, "seed": self.seed, "scenario": self.scenario.to_json()}
        with self.installation.client() as client:
            return client.post("/api/v1/propagations", json=body)

    def forget(self) -> None:
        """Have a result of it deleted, if there is one."""
        with self.installation.client() as client:
            assert client.delete(self.path).status_code in {204, 404}

    def get(self, what: str = "") -> httpx.Response:
        with self.installation.client() as client:
            return client.get(f"{self.path}{what}")

    @property
    def resource(self) -> dict[str, Any]:
        found: dict[str, Any] = self.get().raise_for_status().json()
        return found

    @property
    def record(self) -> dict[str, str]:
        """The run's record in Redis."""
        with contextlib.closing(self.installation.redis) as stored:
            found = command(stored, "HGETALL", f"run/{self.digest}")
        return {name.decode(): value.decode() for name, value in found.items()}

    @property
    def epoch(self) -> int:
        return int(self.record.get("epoch", 0))

    @property
    def attempts(self) -> int:
        return int(self.record.get("attempts", 0))

    @property
    def page(self) -> str:
        """The words of its page."""
        with self.installation.client() as client:
            return html.unescape(client.get(f"/propagate/{self.request.id}").text)

    @property
    def stretches(self) -> int:
        return int(self.record.get("next", 0))

    @property
    def manifest(self) -> dict[str, Any] | None:
        with contextlib.closing(self.installation.redis) as stored:
            found: dict[str, Any] | None = json.loads(
                stored.get(f"propagation/{self.request.id}") or "null"
            )
        return found

    def has_begun(self, *, stretches: int = 1, within_s: float = EVENTUALLY_S) -> None:
        """Wait until so many stretches are stored, and the run is not over."""
        eventually(lambda: self.stretches >= stretches, within_s=within_s)
        assert self.manifest is None, "over too soon to be disturbed"

    def is_completed(self, *, within_s: float = COMPLETE_S) -> dict[str, Any]:
        """Wait until it is over; it must be complete, with the reference's bits."""
        over = eventually(self._over, within_s=within_s)
        assert over["status"] == "complete", over
        self.is_right()
        return over

    def is_right(self) -> None:
        """Check the result against the engine alone, bit for bit."""
        manifest = self.manifest
        assert manifest is not None
        expected = reference(self.request)
        assert {name: manifest["result"][name] for name in expected} == expected

    def _over(self) -> dict[str, Any] | None:
        with contextlib.suppress(httpx.HTTPError):
            resource = self.resource
            return resource if resource["status"] in OVER else None
        return None


def ask_for(
    installation: Installation, *, seed: int = 1, steps: int = LONG, scenario: Scenario = NANO
) -> Asked:
    """Ask for a propagation that is not there (any more): it takes a run."""
    asked = Asked(installation, steps, seed, scenario)
    asked.forget()
    answer = asked.again()
    assert answer.status_code == httpx.codes.ACCEPTED, answer.text
    return asked
