"""Computes on Dask: on the workers of a client, or on a cluster that a Gateway starts for it.

Guarantees:

- Of what is handed over only addresses and credentials are read. Everything is done by an
  asynchronous client of its own, in a loop of its own: a synchronous Gateway deadlocks after
  repeated clusters (docs/adr/0031).
- A cluster that was started is stopped, also after an error or an interrupt. One that was handed
  over stays, and nothing of the request remains on it.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, TypeVar

from distributed import Scheduler

from porta.errors import ArgumentError, ExecutionError
from porta.execution.computed import ComputedMembers, ComputedRun
from porta.execution.private_loop import run
from sim.cluster import Backend, GatewayBackend, SchedulerBackend
from sim.cost_model import workers_for_ensemble
from sim.driver import compute_on, gather_on
from sim.engine.computed import HELD_BYTES
from sim.errors import ClusterError, ClusterStartError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine

    from dask_gateway import Gateway
    from distributed import Client

    from porta.execution.private_loop import Relay
    from porta.sources import Report
    from sim.cluster import Cluster
    from sim.engine.computed import Gathering
    from sim.ensemble.computed import ComputedEnsemble
    from sim.scenario import PropagationRequest

    T = TypeVar("T")

__all__ = ["OnDask", "on_client", "on_gateway"]

DEADLINE_S: Final = 60.0  # of a task, each about a second of work: as PORTA_STRETCH_DEADLINE's
START_S: Final = 300.0  # until a cluster has a worker: as PORTA_CLUSTER_TIMEOUT's
MOST_WORKERS: Final = 4  # that a request has started without being asked: as PORTA_MAX_WORKERS'
POLL_S: Final = 0.25  # between two counts of the workers, of which there is no notification
TAG: Final = "python"


@dataclass(frozen=True, slots=True)
class OnDask:
    """A place on Dask; `workers` is how many a request asks for, None for what it is worth."""

    backend: Backend
    workers: int | None
    is_started_for_it: bool

    def propagation(self, request: PropagationRequest, report: Report) -> ComputedRun:
        """Compute one run, or what an order comes to; raises SimError."""
        report.begin(request.steps, self._label)

        async def work(relay: Relay) -> Gathering:
            async with self._cluster(1, relay) as cluster:
                return await gather_on(
                    cluster.client,
                    request,
                    deadline_s=DEADLINE_S,
                    held_bytes=HELD_BYTES,
                    on_progress=relay.reach,
                )

        found = self._run(work, report).open()
        report.reach(request.steps)
        answer = request.subject.request(found.propagation.steps)
        return ComputedRun(answer, found.propagation, found.stopped, computed=self._by)

    def ensemble(self, request: PropagationRequest, report: Report) -> ComputedMembers:
        """Compute an ensemble; raises SimError."""
        report.begin(request.members, self._label)
        worth = workers_for_ensemble(request, max_workers=MOST_WORKERS)

        async def work(relay: Relay) -> ComputedEnsemble:
            async with self._cluster(worth, relay) as cluster:
                return await compute_on(
                    cluster.client,
                    request,
                    deadline_s=DEADLINE_S,
                    threads=cluster.workers,
                    on_progress=relay.reach,
                )

        return ComputedMembers(self._run(work, report), computed=self._by)

    @property
    def _label(self) -> str:
        return "starting a cluster" if self.is_started_for_it else "connecting"

    @property
    def _by(self) -> dict[str, object]:
        return {
            "by": "a Dask cluster started for it" if self.is_started_for_it else "a Dask client"
        }

    def _run(self, work: Callable[[Relay], Coroutine[Any, Any, T]], report: Report) -> T:
        what = (
            "the cluster that was started for it is stopped"
            if self.is_started_for_it
            else "none of its tasks is left on the cluster"
        )
        try:
            return run(work, report, cancelled=f"Cancelled; {what}.")
        except ClusterError as error:
            raise ExecutionError(_advised(error)) from error

    @asynccontextmanager
    async def _cluster(self, worth: int, relay: Relay) -> AsyncIterator[Cluster]:
        """Open the cluster, and wait for its first worker.

        A task waits with it: a cluster that scales by its tasks starts a worker for it, and one
        with a limit on idleness is not idle while its workers start and compile.
        """
        tag = f"{TAG}/{secrets.token_hex(8)}"
        async with self.backend.open(tag=tag, workers=self.workers or worth) as cluster:
            waiting = cluster.client.submit(int, key=f"{tag}/waiting")
            try:
                await _wait_for_a_worker(cluster.arrived)
            finally:
                waiting.release()
            relay.say("propagating")
            yield cluster


async def _wait_for_a_worker(arrived: Callable[[], Awaitable[int]]) -> None:
    give_up_at = monotonic() + START_S
    while await arrived() == 0:
        if monotonic() > give_up_at:
            raise ClusterStartError(f"No worker came within {START_S:g} seconds.")
        await asyncio.sleep(POLL_S)


def on_client(client: Client, workers: int | None) -> OnDask:
    """Return the place that a Dask client stands for; raises ArgumentError for a useless one."""
    if workers is not None:
        raise ArgumentError(
            "workers",
            "workers can't be chosen with a Dask client, whose cluster has its own: leave it out, "
            "or scale the cluster.",
        )
    address: str | None = getattr(client.scheduler, "address", None)
    if client.status != "running" or address is None:
        raise ArgumentError(
            "on",
            f"on is a Dask client that is {client.status}, so it reaches no scheduler: open another"
            " (and await an asynchronous one).",
        )
    if _is_in_this_loop(client):
        raise ArgumentError(
            "on",
            "on is a client of a cluster that lives in the event loop which this call occupies: "
            "start the cluster without asynchronous=True.",
        )
    backend = SchedulerBackend(address, security=client.security)
    return OnDask(backend, None, is_started_for_it=False)


def _is_in_this_loop(client: Client) -> bool:
    """Whether the client's scheduler would wait for this thread, while this thread waits for it."""
    cluster: Any = client.cluster
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return False
    has_scheduler = isinstance(getattr(cluster, "scheduler", None), Scheduler)
    return has_scheduler and cluster.loop.asyncio_loop is loop


def on_gateway(gateway: Gateway, workers: int | None) -> OnDask:
    """Return the place where a Gateway starts clusters: its address and credentials are taken."""
    backend = GatewayBackend(
        gateway.address, proxy_address=gateway.proxy_address, auth=gateway.auth, start_s=START_S
    )
    return OnDask(backend, workers, is_started_for_it=True)


def _advised(error: ClusterError) -> str:
    """Return the sentence of a fault, with what to do about it."""
    if isinstance(error, ClusterStartError):
        return str(error)
    if "No module named" in str(error):
        return f"{error} Its workers need the same release of porta as this process: install it."
    return f"{error} Propagate again, on another cluster or with on=None: the bits are equal."
