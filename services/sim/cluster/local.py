"""Clusters of worker processes on this machine, for the command line without a Dask service."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import signal
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING, Final

from distributed import LocalCluster, Status

from sim.cluster.backend import PRELOAD, Cluster, ClusterInfo, connected
from sim.cluster.ending import in_any_case
from sim.engine import warm
from sim.errors import ClusterStartError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

__all__ = ["LocalBackend"]

_STOP_S: Final = 15.0


class LocalBackend:
    """Starts clusters on this machine; they end with this process at the latest.

    Workers do not see the terminal's Ctrl-C: it is for this process, which then kills them.
    """

    def __init__(self, *, start_s: float = 60.0) -> None:
        self._start_s = start_s
        self._open: dict[str, tuple[LocalCluster, ClusterInfo]] = {}

    @asynccontextmanager
    async def open(self, *, tag: str, workers: int) -> AsyncIterator[Cluster]:
        """Start worker processes of one thread each, without a dashboard."""
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(self._start_s):
                    await asyncio.to_thread(warm)  # compiles once; the workers load the result
                    local = await stack.enter_async_context(_started(workers))
                client = await stack.enter_async_context(connected(local, self._start_s))
            except (OSError, RuntimeError) as error:
                raise ClusterStartError(
                    f"No worker processes could be started here: {error}"
                ) from error
            self._open[local.name] = (
                local,
                ClusterInfo(local.name, tag, datetime.now(UTC), None, "running"),
            )
            stack.callback(self._open.pop, local.name)
            yield Cluster(local.name, client, None, workers)

    async def clusters(self) -> list[ClusterInfo]:
        """List the open clusters of this object."""
        return [info for _, info in self._open.values()]

    async def stop(self, name: str) -> None:
        """Stop a cluster at once; its clients get ClusterLostError."""
        if name in self._open:
            await _close(self._open[name][0])

    async def healthy(self) -> bool:
        """Return True: this machine is always available."""
        return True


@asynccontextmanager
async def _started(workers: int) -> AsyncIterator[LocalCluster]:
    local = LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        preload=PRELOAD,
        host="127.0.0.1",
        # Without an address this would be port 8787, which another cluster may use.
        scheduler_kwargs={"dashboard": False, "dashboard_address": ":0"},
        asynchronous=True,
        # Faults are reported by our errors. Dask's own log lines, with tracebacks, would interrupt
        # the progress bar on a terminal, also if the propagation succeeds in the end.
        silence_logs=logging.CRITICAL,
    )
    others = multiprocessing.active_children()
    try:
        with _without_interrupts():
            started = await local
        yield started
    except asyncio.CancelledError:
        # Workers hold nothing that is worth a farewell, and one that starts can't be closed.
        for process in set(multiprocessing.active_children()).difference(others):
            process.kill()
        local.status = Status.closed
        raise
    finally:
        if local.status != Status.closed:
            await in_any_case(_close(local), 2 * _STOP_S)


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Have processes that are started meanwhile block SIGINT; here another thread receives it."""
    resource_tracker.ensure_running()  # starting it later would unblock SIGINT
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


async def _close(local: LocalCluster) -> None:
    closing = local.close(timeout=_STOP_S)
    if closing is not None:  # None for a cluster that is not asynchronous
        await closing
