"""`porta runner`: takes runs from Redis, first come first served, and conducts them.

- At most `PORTA_MAX_RUNS` at a time, over all runners together; each is a task of its own.
- SIGTERM and SIGINT: leases are given back, clusters stopped, and it ends within seconds.
- It says each few seconds that it is alive, and whether its Gateway is.
- Redis or the Gateway may come and go; it waits for them. A run that finds its Gateway gone
  goes back to its place in the line, and that is no attempt of its own.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Final, Literal

from frontend.bootstrap import build_services
from frontend.errors import FrontendError, LeaseLost, StorageError, StorageUnavailable
from frontend.observability import log_context, logs
from frontend.runner.dask_backend import backend_of
from frontend.runner.growing_trajectory import GrowingTrajectory
from frontend.runner.lease_keeper import LeaseKeeper, RunCancelled
from frontend.runner.reaper import Reaper
from frontend.runner.run_executor import RunExecutor
from frontend.runs.runner_status import OK
from sim.errors import ClusterError, SimError

if TYPE_CHECKING:
    from frontend.bootstrap import Services
    from frontend.domain.run import Acquired, Lease
    from frontend.settings import Settings
    from sim.cluster import Backend

__all__ = ["Runner", "run_runner"]

LOOK_S: Final = 0.2  # between two looks at the line
WAIT_S: Final = 1.0  # after Redis could not be reached
HEARTBEAT_S: Final = 3
TROUBLED_HEARTBEAT_S: Final = 0.3  # so that it is known at once when the Gateway is back
HEALTH_S: Final = 2  # a Gateway that answers later counts as ill
STOPPING_S: Final = 8
GIVING_BACK_S: Final = 2
THREADS: Final = 48  # for calls to Redis, and what computes for a moment


class Runner:
    """Conducts runs until it is told to stop."""

    def __init__(self, services: Services, backend: Backend) -> None:
        self.name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self._services = services
        self._backend = backend
        self._reaper = Reaper(services, backend)
        self._gateway = OK  # what was last found of it
        self._conducting: set[asyncio.Task[None]] = set()
        self._log = logs.logger(__name__).bind(runner=self.name)

    async def serve(self, stop: asyncio.Event) -> None:
        """Take and conduct runs until `stop` is set; then give back what is held."""
        self._log.info("ready")
        aside = [asyncio.create_task(one) for one in (self._beat(), self._reaper.patrol())]
        try:
            while not stop.is_set():
                pause_s = await self._take() if self._gateway == OK else LOOK_S
                for task in aside:
                    if task.done():  # it never does, but by a mistake: better to be started anew
                        task.result()
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause_s):
                        await stop.wait()
        finally:
            await self._stop({*aside, *self._conducting})

    async def _take(self) -> float:
        """Begin what may begin now; return how long to wait until looking again."""
        try:
            for digest in await asyncio.to_thread(self._services.runs.candidates):
                if len(self._conducting) >= self._services.settings.max_runs:
                    break
                acquired = await self._acquire(digest)
                if acquired.lease is not None:
                    self._begin(acquired, acquired.lease)
                elif acquired.kind == "full":
                    break
        except StorageError as error:
            self._log.warning("waiting for Redis", reason=error.detail)
            return WAIT_S
        return LOOK_S

    async def _acquire(self, digest: str) -> Acquired:
        """Acquire a run; where the reply was lost, ask again with the same fencing token."""
        fencing_token = secrets.token_hex(16)
        deadline = monotonic() + self._services.runs.lease_ms / 1_000
        while True:
            try:
                return await asyncio.to_thread(
                    self._services.runs.acquire, digest, fencing_token, self.name
                )
            except StorageUnavailable:
                if monotonic() > deadline:
                    raise
                await asyncio.sleep(LOOK_S)

    def _begin(self, acquired: Acquired, lease: Lease) -> None:
        task = asyncio.create_task(self._conduct(acquired, lease))
        self._conducting.add(task)
        task.add_done_callback(self._conducting.discard)

    async def _conduct(self, acquired: Acquired, lease: Lease) -> None:
        """Conduct a run, and give it back as what came of it demands."""
        log_context.executing(lease, acquired.target)
        log = self._log
        log.info("run begins")
        try:
            await (await self._prepare(acquired, lease)).carry_out()
            log.info("run ends")
        except LeaseLost:
            log.warning("run lost")
        except RunCancelled:
            log.info("run cancelled")
            await self._release(lease, "cancelled")
        except asyncio.CancelledError:
            log.info("run given back")
            await asyncio.shield(self._release(lease, "requeue"))
            raise
        except (FrontendError, SimError) as error:
            log.warning("run failed", reason=str(error))
            outcome = await self._outcome(error)
            await self._release(lease, outcome, str(error))
        except Exception:  # the boundary: one run's mistake must not end the others
            log.exception("run failed by a mistake of ours")
            await self._release(lease, "failed", "The runner made a mistake; its log says which.")

    async def _prepare(self, acquired: Acquired, lease: Lease) -> RunExecutor:
        """Read what is there of the trajectory."""
        store, keeper = self._services.store, LeaseKeeper(self._services.runs, lease, acquired)
        trajectory = await keeper.call(store.trajectory, lease.digest)
        if trajectory is None:
            raise LeaseLost(lease.digest)
        stretches = await keeper.call(store.stretches, trajectory)
        chain = await keeper.call(store.chain, lease.digest)
        return RunExecutor(
            self._services,
            self._backend,
            keeper,
            GrowingTrajectory(trajectory, stretches, chain[: len(stretches)]),
            name=self.name,
            installation=await keeper.call(self._services.runners.installation),
        )

    async def _outcome(self, error: Exception) -> Literal["requeue", "failed"]:
        """Tell whether a run failed by itself, or for want of a Gateway: then it waits for that."""
        if isinstance(error, ClusterError):
            self._gateway = await self._look_at_gateway()
        return "failed" if self._gateway == OK else "requeue"

    async def _release(
        self, lease: Lease, outcome: Literal["requeue", "failed", "cancelled"], error: str = ""
    ) -> None:
        """Give a run back; where that is not answered, say it again, but not for long."""
        deadline = monotonic() + GIVING_BACK_S
        while True:
            try:
                await asyncio.to_thread(self._services.runs.release, lease, outcome, error)
            except StorageUnavailable as unanswered:
                if monotonic() < deadline:
                    await asyncio.sleep(LOOK_S)
                    continue
                self._not_given_back(unanswered)
            except FrontendError as refused:
                self._not_given_back(refused)
            return

    def _not_given_back(self, why: FrontendError) -> None:
        """Leave it to the lease, which runs out, or has."""
        self._log.warning("run not given back", reason=why.detail)

    async def _beat(self) -> None:
        """Say that this runner is alive, and its Gateway."""
        while True:
            self._gateway = gateway = await self._look_at_gateway()
            info = {"gateway": gateway, "conducting": len(self._conducting), **self._reaper.seen}
            with suppress(StorageError):
                await asyncio.to_thread(self._services.runners.heartbeat, self.name, info)
            await asyncio.sleep(HEARTBEAT_S if gateway == OK else TROUBLED_HEARTBEAT_S)

    async def _look_at_gateway(self) -> str:
        try:
            async with asyncio.timeout(HEALTH_S):
                healthy = await self._backend.healthy()
        except TimeoutError:
            healthy = False
        return OK if healthy else "The Dask Gateway does not answer."

    async def _stop(self, tasks: set[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        _, left = await asyncio.wait(tasks, timeout=STOPPING_S)
        if left:
            self._log.warning("stopping without waiting longer", tasks=len(left))
        with suppress(StorageError):
            await self._reaper.retire()
            await asyncio.to_thread(self._services.runners.leave, self.name)
        self._log.info("stopped")


def run_runner(settings: Settings, *, until_stdin_ends: bool = False) -> None:
    """Run a runner until SIGTERM, Ctrl-C or, if asked, the end of standard input."""
    logs.configure(settings)
    services, backend = build_services(settings), backend_of(settings)
    try:
        asyncio.run(_run(Runner(services, backend), until_stdin_ends=until_stdin_ends))
    finally:
        services.close()


async def _run(runner: Runner, *, until_stdin_ends: bool) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    loop.set_default_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="call"))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if until_stdin_ends:
        threading.Thread(target=_watch_stdin, args=(loop, stop), daemon=True).start()
    await runner.serve(stop)


def _watch_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Wait for the end of standard input: whoever holds its other end is gone."""
    while os.read(0, 4_096):
        pass
    with suppress(RuntimeError):  # the loop has ended before
        loop.call_soon_threadsafe(stop.set)
