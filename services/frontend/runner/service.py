"""`porta runner`: takes runs from the queue, first come first served, and executes them.

- All runners together execute at most `PORTA_MAX_RUNS` runs at a time; each run is a task.
- On SIGTERM and SIGINT it gives its leases back, stops its clusters, and ends within seconds.
- Its heartbeat reports every few seconds that it is alive, and whether its Gateway answers.
- It waits for Redis and for the Gateway when they are away. A run that finds no Gateway returns
  to its place in the queue, and the attempt is not counted. One that finds Redis full, no room
  for its cluster, or a Gateway that starts none, waits (`domain/waiting.py`); none is started while
  Redis is full.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Final, Literal

from frontend.bootstrap import build_services
from frontend.domain.waiting import GATEWAY_AWAY, NO_CLUSTER, NO_ROOM, STORAGE_FULL
from frontend.errors import (
    FrontendError,
    LeaseLost,
    StorageError,
    StorageFull,
    StorageUnavailable,
)
from frontend.observability import log_context, logs
from frontend.runner.dask_backend import backend_of
from frontend.runner.ensemble_executor import EnsembleExecutor
from frontend.runner.growing_trajectory import GrowingTrajectory, coarsest
from frontend.runner.lease_keeper import LeaseKeeper, RunCancelled
from frontend.runner.reaper import Reaper
from frontend.runner.run_executor import RunExecutor
from frontend.runs.runner_registry import new_runner_name
from frontend.runs.runner_status import OK
from sim.errors import ClusterError, ClusterStartError, ClusterTimeoutError, SimError

if TYPE_CHECKING:
    from collections.abc import Callable

    from frontend.bootstrap import Services
    from frontend.domain.run import Acquired, Lease
    from frontend.domain.waiting import WaitReason
    from frontend.runner.executor import Executor
    from frontend.settings import Settings
    from sim.cluster import Backend

__all__ = ["Runner", "run_runner"]

POLL_S: Final = 0.2  # between two reads of the queue
REDIS_RETRY_S: Final = 1.0  # after Redis could not be reached
HEARTBEAT_S: Final = 3  # a fifth of RunnerRegistry.alive's 15 s: four may be missed
UNHEALTHY_HEARTBEAT_S: Final = 0.3  # notices soon that the Gateway is back
HEALTH_S: Final = 2  # a Gateway that answers later counts as away
STOPPING_S: Final = 8  # within the 10 s that tests/integration/faults/test_runners.py asserts
GIVING_BACK_S: Final = 2  # of these; a lease that is not given back runs out by itself
THREADS: Final = 48  # for calls to Redis, and for computations that take a moment


class Runner:
    """Executes runs until it is asked to stop."""

    def __init__(self, services: Services, backend: Backend) -> None:
        self.name = new_runner_name()
        self._services = services
        self._backend = backend
        self._reaper = Reaper(services, backend)
        self._gateway = OK  # the result of the last health check
        self._executing: set[asyncio.Task[None]] = set()
        self._core = asyncio.Lock()  # held while members are computed in this process
        self._log = logs.logger(__name__).bind(runner=self.name)

    async def serve(self, stop: asyncio.Event) -> None:
        """Execute runs until `stop` is set; then give back those that are not finished."""
        self._log.info("ready")
        background = [
            asyncio.create_task(self._send_heartbeats()),
            asyncio.create_task(self._reaper.patrol()),
        ]
        try:
            while not stop.is_set():
                pause_s = await self._take_runs() if self._gateway == OK else POLL_S
                for task in background:
                    if task.done():  # only a bug ends it: end with its error, and be restarted
                        task.result()
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause_s):
                        await stop.wait()
        finally:
            await self._stop({*background, *self._executing})

    async def _take_runs(self) -> float:
        """Start the runs that may start now; return after how many seconds to try again."""
        try:
            candidates = await asyncio.to_thread(self._services.runs.candidates)
            obstacle = await self._obstacle() if candidates else None
            for digest in candidates:
                if len(self._executing) >= self._services.settings.max_runs:
                    break
                acquired = await self._acquire(digest, obstacle)
                if acquired.lease is not None:
                    self._start(acquired, acquired.lease)
                    # It begins: a task that is cancelled before that would give nothing back.
                    await asyncio.sleep(0)
                elif acquired.kind == "full":
                    break
        except StorageError as error:
            self._log.warning("waiting for Redis", reason=error.detail)
            return REDIS_RETRY_S
        return POLL_S

    async def _obstacle(self) -> WaitReason | None:
        """Return why no run may start now, if there is a reason."""
        try:
            await asyncio.to_thread(self._services.runs.check_room)
        except StorageFull:
            return STORAGE_FULL
        return None

    async def _acquire(self, digest: str, obstacle: WaitReason | None) -> Acquired:
        """Acquire a run; if the reply is lost, repeat the call with the same fencing token."""
        fencing_token = secrets.token_hex(16)
        deadline = monotonic() + self._services.runs.lease_ms / 1_000
        while True:
            try:
                return await asyncio.to_thread(
                    self._services.runs.acquire,
                    *(digest, fencing_token, self.name),
                    obstacle=obstacle,
                )
            except StorageUnavailable:
                if monotonic() > deadline:
                    raise
                await asyncio.sleep(POLL_S)

    def _start(self, acquired: Acquired, lease: Lease) -> None:
        task = asyncio.create_task(self._execute(acquired, lease))
        self._executing.add(task)
        task.add_done_callback(self._executing.discard)

    async def _execute(self, acquired: Acquired, lease: Lease) -> None:
        """Execute a run; if it does not finish, release it with the outcome that fits."""
        log_context.executing(lease, acquired.target)
        log = self._log
        log.info("run begins")
        try:
            await (await self._prepare(acquired, lease)).execute()
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
        except StorageFull:
            await self._wait(lease, STORAGE_FULL)
        except (FrontendError, SimError) as error:
            await self._after(error, lease)
        except Exception:  # the boundary of a run: a bug that one meets must not end the others
            log.exception("run failed by a bug in Porta")
            await self._release(
                lease, "failed", "A bug in Porta ended the run; see the runner's log."
            )

    async def _prepare(self, acquired: Acquired, lease: Lease) -> Executor:
        """Read what is stored of it already."""
        store, keeper = self._services.store, LeaseKeeper(self._services.runs, lease, acquired)
        subject = await keeper.call(store.subject, lease.digest)
        if subject is None:
            raise LeaseLost(lease.digest)
        installation = await keeper.call(self._services.runners.installation)
        if subject.members > 1:
            return EnsembleExecutor(
                self._services,
                self._backend,
                keeper,
                subject,
                name=self.name,
                installation=installation,
                core=self._core,
            )
        trajectory = subject.trajectory
        read = partial(store.stretches, least_level=coarsest(trajectory))
        stretches = await keeper.call(read, trajectory)
        chain = await keeper.call(store.chain, lease.digest)
        return RunExecutor(
            self._services,
            self._backend,
            keeper,
            GrowingTrajectory(trajectory, stretches, chain[: len(stretches)]),
            name=self.name,
            installation=installation,
        )

    async def _after(self, error: FrontendError | SimError, lease: Lease) -> None:
        """Give back a run that met an error: to wait for what it lacks, or as `_outcome` says."""
        outcome = await self._outcome(error)
        if outcome == "failed" and isinstance(error, ClusterTimeoutError):
            await self._wait(lease, NO_ROOM)
        elif outcome == "failed" and isinstance(error, ClusterStartError):
            await self._wait(lease, NO_CLUSTER.because(str(error)))
        else:
            self._log.warning("run failed", reason=str(error))
            await self._release(lease, outcome, str(error))

    async def _outcome(self, error: Exception) -> Literal["requeue", "failed"]:
        """Return `requeue` if the Gateway is away, for the run to wait for it, else `failed`."""
        if isinstance(error, ClusterError):
            self._gateway = await self._check_gateway()
        return "failed" if self._gateway == OK else "requeue"

    async def _wait(self, lease: Lease, reason: WaitReason) -> None:
        self._log.warning("run waits", reason=reason.code, sentence=reason.sentence)
        await self._give_back(partial(self._services.runs.wait, lease, reason))

    async def _release(
        self, lease: Lease, outcome: Literal["requeue", "failed", "cancelled"], error: str = ""
    ) -> None:
        await self._give_back(partial(self._services.runs.release, lease, outcome, error))

    async def _give_back(self, release: Callable[[], object]) -> None:
        """Give a run back; repeat the call while Redis is unreachable, but not for long."""
        deadline = monotonic() + GIVING_BACK_S
        while True:
            try:
                await asyncio.to_thread(release)
            except StorageUnavailable as unreachable:
                if monotonic() < deadline:
                    await asyncio.sleep(POLL_S)
                    continue
                self._log_not_given_back(unreachable)
            except FrontendError as refused:
                self._log_not_given_back(refused)
            return

    def _log_not_given_back(self, error: FrontendError) -> None:
        """Log it and do no more: the lease runs out, or has run out."""
        self._log.warning("run not given back", reason=error.detail)

    async def _send_heartbeats(self) -> None:
        """Report that this runner is alive, and the state of its Gateway, until cancelled."""
        while True:
            self._gateway = gateway = await self._check_gateway()
            info = {"gateway": gateway, "executing": len(self._executing), **self._reaper.seen}
            with suppress(StorageError):
                await asyncio.to_thread(self._services.runners.heartbeat, self.name, info)
            await asyncio.sleep(HEARTBEAT_S if gateway == OK else UNHEALTHY_HEARTBEAT_S)

    async def _check_gateway(self) -> str:
        try:
            async with asyncio.timeout(HEALTH_S):
                healthy = await self._backend.healthy()
        except TimeoutError:
            healthy = False
        return OK if healthy else GATEWAY_AWAY.sentence

    async def _stop(self, tasks: set[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        _, unfinished = await asyncio.wait(tasks, timeout=STOPPING_S)
        if unfinished:
            self._log.warning("stopping without waiting longer", tasks=len(unfinished))
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
    """Set `stop` when standard input ends: the process that holds its other end is gone."""
    while os.read(0, 4_096):
        pass
    with suppress(RuntimeError):  # the event loop has ended already
        loop.call_soon_threadsafe(stop.set)
