"""Workers are given no secret, and what comes back from them is not believed."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any, Final

import pytest

from frontend import embedded
from sim import NANO, Trajectory
from sim.cluster import GatewayBackend, LocalBackend
from sim.cost_model import stretch_intervals
from sim.driver import propagate_on
from sim.engine import initial_checkpoint
from sim.errors import IntegrityError
from tests.dask_servers import all_there
from tests.deadlines import LOCAL_CLUSTER_S

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from distributed import Client

TRAJECTORY: Final = Trajectory(NANO, seed=7)
SECRET: Final = "a-secret-that-no-worker-may-ever-hold"  # noqa: S105 - one of the test's
GARBAGE: Final = ("nothing", "text", "noise", "another_seed", "altered", "infinite", "backwards")


def test_neither_workers_nor_their_scheduler_hold_a_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", f"redis://porta:{SECRET}@redis:6379")
    monkeypatch.setenv("PORTA_SESSION_KEY", SECRET)

    def everything_known() -> str:
        """What a process has now, was started with, and was called with."""
        import os
        from pathlib import Path

        own = Path("/proc/self")
        started = own.joinpath("environ").read_bytes() + own.joinpath("cmdline").read_bytes()
        return str(dict(os.environ)) + str(started)

    async def main(backend: GatewayBackend) -> list[str]:
        async with backend.open(tag="", workers=1) as cluster:
            assert await all_there(cluster, 1)
            of_workers: dict[str, str] = await cluster.client.run(everything_known)
            return [*of_workers.values(), await cluster.client.run_on_scheduler(everything_known)]

    with embedded.gateway(tmp_path / "gateway") as access:
        monkeypatch.setenv("DASK_GATEWAY_PASSWORD", access.password)
        backend = GatewayBackend(
            access.address, proxy_address=access.proxy_address, password=access.password
        )
        known = asyncio.run(main(backend))
    assert len(known) == 2
    for held in known:
        assert "PATH" in held
        assert SECRET not in held
        assert access.password not in held
        assert "REDIS" not in held


def corrupt(kind: str) -> None:
    """Make the worker that runs this one that lies; it stays what it is in all other processes."""
    import numpy as np

    from sim import Trajectory, engine
    from sim.driver import tasks

    honest = tasks.pass_stretch

    def stretch_with(trajectory: Any, start: Any, count: int, clock: float) -> bytes:  # noqa: ANN401 - as given
        from dataclasses import replace

        stretch = engine.pass_over(trajectory, start, count)
        rings = np.array(stretch.rings)
        rings[-1, :, 0, 1] = clock  # the newest record of each agent: where its clock is
        return replace(stretch, rings=rings).to_bytes()

    lies: dict[str, Callable[[Any, Any, int], Any]] = {
        "nothing": lambda *_: None,
        "text": lambda *_: "complete",
        "noise": lambda *_: os.urandom(100_000),
        "another_seed": lambda _, start, count: honest(Trajectory(seed=8), start, count),
        "altered": lambda *given: honest(*given)[:-100] + bytes(100),
        "infinite": lambda t, start, count: stretch_with(t, start, count, float("inf")),
        "backwards": lambda t, start, count: stretch_with(t, start, count, -1.0),
    }
    tasks.pass_stretch = lies[kind]  # type: ignore[assignment] # a lie


@pytest.mark.parametrize("kind", GARBAGE)
def test_a_worker_that_returns_garbage_ends_the_attempt_and_nothing_of_it_is_taken(
    kind: str,
) -> None:
    taken: list[object] = []

    async def keep(*given: object) -> None:
        await asyncio.sleep(0)
        taken.append(given)

    async def propagate(client: Client) -> None:
        await client.run(corrupt, kind)
        await propagate_on(
            client,
            TRAJECTORY,
            start=initial_checkpoint(NANO),
            first_interval=0,
            until_interval=2 * stretch_intervals(NANO, 0),
            slice_budget=0,
            deadline_s=60,
            on_stretch=keep,
            on_slices=keep,
        )

    async def main() -> None:
        async with LocalBackend(start_s=LOCAL_CLUSTER_S).open(tag="", workers=1) as cluster:
            assert await all_there(cluster, 1)
            with pytest.raises(IntegrityError):
                await propagate(cluster.client)

    asyncio.run(main())
    assert taken == []
