"""An ensemble that was asked for: how it goes on, what came of it, and whether that is right."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import httpx
import pyarrow as pa

from frontend.storage.connection import command
from sim.scenario import PropagationRequest, Trajectory
from tests.deadlines import EVENTUALLY_S
from tests.ensemble_results import result_of
from tests.processes import eventually

if TYPE_CHECKING:
    from tests.installation import Installation

OVER: Final = frozenset({"complete", "failed", "cancelled"})
COMPLETE_S: Final = 240.0


@dataclass(frozen=True)
class AskedEnsemble:
    """An ensemble of an installation."""

    installation: Installation
    request: PropagationRequest

    @property
    def path(self) -> str:
        return f"/api/v1/propagations/{self.request.id}"

    def again(self) -> httpx.Response:
        """Ask for it (again)."""
        with self.installation.client() as client:
            return client.post("/api/v1/propagations", json=self.request.to_json())

    def get(self, what: str = "") -> httpx.Response:
        with self.installation.client() as client:
            return client.get(f"{self.path}{what}")

    def delete(self) -> httpx.Response:
        with self.installation.client() as client:
            return client.delete(self.path)

    @property
    def resource(self) -> dict[str, Any]:
        found: dict[str, Any] = self.get().raise_for_status().json()
        return found

    @property
    def manifest(self) -> dict[str, Any] | None:
        with contextlib.closing(self.installation.redis) as stored:
            text = stored.get(f"propagation/{self.request.id}")
        found: dict[str, Any] | None = json.loads(text or "null")
        return found

    @property
    def owner(self) -> str:
        """The name of the process that owns its run."""
        with contextlib.closing(self.installation.redis) as stored:
            owner: bytes = command(stored, "HGET", f"run/{self.request.digest}", "owner") or b""
        pid = int(owner.decode().split("-")[-2])
        return next(n for n, p in self.installation.processes.items() if p.pid == pid)

    @property
    def is_owned(self) -> bool:
        """Whether a runner is at work on it."""
        with contextlib.closing(self.installation.redis) as stored:
            return stored.hget(f"run/{self.request.digest}", "state") in {b"running", b"publishing"}

    @property
    def epoch(self) -> int:
        with contextlib.closing(self.installation.redis) as stored:
            return int(stored.hget(f"run/{self.request.digest}", "epoch") or 0)

    def blocks(self) -> list[str]:
        """The keys of its blocks."""
        own = f"ensemble/{self.request.trajectory.digest}/{self.request.steps}/*"
        with contextlib.closing(self.installation.redis) as stored:
            return [name.decode() for name in stored.scan_iter(own)]

    def has_begun(self, *, members: int = 1, within_s: float = EVENTUALLY_S) -> None:
        """Wait until so many members are there, and the run is not over."""
        eventually(lambda: self.resource["progress"]["done"] >= members, within_s=within_s)
        assert self.manifest is None, "over too soon to be disturbed"

    def is_completed(self, *, within_s: float = COMPLETE_S) -> dict[str, Any]:
        """Wait until it is over; it must be complete, with the judge's bits."""
        over = eventually(self._over, within_s=within_s)
        assert over["status"] == "complete", over
        self.is_right()
        return over

    def is_right(self) -> None:
        """Check the result against what this process computes, in blocks of another size."""
        manifest = self.manifest
        assert manifest is not None
        assert manifest["result"] == json.loads(json.dumps(result_of(self.request)))

    def _over(self) -> dict[str, Any] | None:
        with contextlib.suppress(httpx.HTTPError):
            resource = self.resource
            return resource if resource["status"] in OVER else None
        return None

    def has_members(self) -> bool:
        """Whether the whole table can be read."""
        with contextlib.suppress(httpx.HTTPError):
            return self.get("/members?format=arrow").is_success
        return False

    def table(self) -> list[dict[str, Any]]:
        """The rows of all members."""
        data = self.get("/members?format=arrow").raise_for_status().content
        with pa.ipc.open_file(io.BytesIO(data)) as reader:
            rows: list[dict[str, Any]] = reader.read_all().to_pylist()
        return rows


def ask_for_ensemble(
    installation: Installation, trajectory: Trajectory, *, steps: int, members: int
) -> AskedEnsemble:
    """Ask for an ensemble of which nothing is there (any more): it takes a run."""
    asked = AskedEnsemble(installation, PropagationRequest(steps, trajectory, members))
    assert asked.delete().status_code in {204, 404}
    eventually(lambda: not asked.is_owned)
    with contextlib.closing(installation.redis) as stored:
        for name in stored.scan_iter(f"ensemble/{trajectory.digest}*"):
            stored.delete(name)
    answer = asked.again()
    assert answer.status_code == httpx.codes.ACCEPTED, answer.text
    return asked
