"""The workers of a cluster: runs tasks with deadlines, and keeps a thread free for the chain."""

from __future__ import annotations

import asyncio
from collections.abc import Callable  # noqa: TC003 - a field of a NamedTuple
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar
from uuid import uuid4

from distributed import KilledWorker
from distributed.client import FutureCancelledError

from sim.errors import (
    BlockDeadlineError,
    ClusterError,
    ClusterLostError,
    SimError,
    StretchDeadlineError,
)
from sim.remote import call

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from distributed import Client, Future

    T = TypeVar("T")

__all__ = ["BLOCKS", "STRETCHES", "Kind", "WorkerPool", "task_group"]

_POLL_S: Final = 0.5  # between polls of a state that sends no notification
_ANSWER_S: Final = 10.0  # a scheduler that takes longer counts as lost
_CHAIN: Final = 1  # Dask's priorities: higher ones run first
_OUTPUT: Final = 0


class Kind(NamedTuple):
    """What tasks work on: how their faults are told."""

    late: Callable[[int, float], ClusterError]
    parts: str


STRETCHES: Final = Kind(StretchDeadlineError, "intervals")
BLOCKS: Final = Kind(BlockDeadlineError, "members")


class WorkerPool:
    """The threads of a client's workers; their number may change at any time."""

    def __init__(self, client: Client, deadline_s: float, kind: Kind = STRETCHES) -> None:
        self._client = client
        self._deadline_s = deadline_s
        self._kind = kind
        self._taken = 0
        self._chain_runs = False
        self._changed = asyncio.Event()

    async def ready(self, first: int) -> None:
        """Wait for the first worker."""
        with self._cluster_errors(first):
            async with asyncio.timeout(self._deadline_s):
                # Its annotations are those of a client that is not asynchronous.
                await self._client.wait_for_workers(1)  # type: ignore[func-returns-value, misc]

    async def run_chain_task(self, first: int, task: Callable[..., T], *arguments: object) -> T:
        """Run a task of the chain, before any other; `first` is its first interval."""
        return await self._run(first, _CHAIN, task, *arguments)

    async def run_output_task(self, first: int, task: Callable[..., T], *arguments: object) -> T:
        """Run a task beside the chain; the caller has a thread from `take_thread`."""
        return await self._run(first, _OUTPUT, task, *arguments)

    @contextmanager
    def shared(self, task: Callable[..., object], *arguments: object) -> Iterator[Future[Any]]:
        """Yield what tasks may take as an argument: the result of a task, however often it is lost.

        Its arguments stay with the scheduler, and workers pass its result on to one another.
        """
        with self._cluster_errors(0):
            future = self._submit(_CHAIN, task, *arguments)
        try:
            yield future
        finally:
            future.release()

    async def take_thread(self) -> None:
        """Wait for a slot on a thread that the chain does not need, and count it as taken.

        A thread has two slots while the chain does not run. Raises ClusterLostError if there is no
        worker for as long as a task may take.
        """
        clock = asyncio.get_running_loop().time
        give_up_at = clock() + self._deadline_s
        while True:
            self._changed.clear()
            threads = await self.threads()
            if self._taken < self._spare(threads):
                self._taken += 1
                return
            if threads or self._chain_runs:  # tasks of the chain have deadlines of their own
                give_up_at = clock() + self._deadline_s
            elif clock() > give_up_at:
                raise ClusterLostError(
                    f"The cluster has had no worker for {self._deadline_s:g} seconds."
                )
            with suppress(TimeoutError):  # there is no notification of workers that come or go
                # Before Python 3.12, wait_for loses a cancellation that comes as the event is set:
                # https://github.com/python/cpython/issues/86296
                async with asyncio.timeout(_POLL_S):
                    await self._changed.wait()

    def return_thread(self) -> None:
        """Count a slot as free again."""
        self._taken -= 1
        self._changed.set()

    @contextmanager
    def chain(self) -> Iterator[None]:
        """Keep a thread free for the chain in the context's body."""
        self._chain_runs = True
        try:
            yield
        finally:
            self._chain_runs = False
            self._changed.set()

    def _spare(self, threads: int) -> int:
        # With a second task for each thread, the next one is already there when the first ends.
        return threads - 1 if self._chain_runs else 2 * threads

    async def threads(self) -> int:
        """Return how many threads there are now; raises ClusterLostError."""
        self._raise_if_lost()
        try:
            async with asyncio.timeout(_ANSWER_S):
                return sum((await self._client.nthreads()).values())
        except OSError as error:  # TimeoutError is one
            raise ClusterLostError("The cluster's scheduler does not answer.") from error

    async def _run(
        self, first: int, priority: int, task: Callable[..., T], *arguments: object
    ) -> T:
        with self._cluster_errors(first):
            future = self._submit(priority, task, *arguments)
            try:
                async with asyncio.timeout(self._deadline_s):
                    result: T = await self._result(future)
            finally:
                future.release()
        return result

    def _submit(
        self, priority: int, task: Callable[..., object], *arguments: object
    ) -> Future[Any]:
        """Submit a function of a module by its names (`sim.remote`); it can't be a method."""
        key = f"{task.__name__}-{uuid4()}"  # Dask would name them all after `call`
        names = (task.__module__, task.__name__)
        return self._client.submit(call, *names, *arguments, key=key, pure=False, priority=priority)

    async def _result(self, future: Future[Any]) -> Any:  # noqa: ANN401 - what the task returns
        """Wait for a result for as long as the client has a scheduler."""
        result = asyncio.ensure_future(future.result())
        try:
            while not result.done():
                await asyncio.wait({result}, timeout=_POLL_S)
                if not result.done():
                    self._raise_if_lost()
            return result.result()
        finally:
            result.cancel()

    def _raise_if_lost(self) -> None:
        if self._client.status in ("closing", "closed"):
            raise ClusterLostError("The cluster's scheduler went away.")

    @contextmanager
    def _cluster_errors(self, first: int) -> Iterator[None]:
        """Turn errors of a cluster into ClusterErrors; it works on parts from `first` on."""
        try:
            yield
        except SimError:
            raise
        except TimeoutError as error:
            raise self._kind.late(first, self._deadline_s) from error
        except (FutureCancelledError, OSError) as error:
            raise ClusterLostError(f"The cluster went away: {error}") from error
        except KilledWorker as error:
            raise ClusterError(
                f"Workers died repeatedly over the {self._kind.parts} from {first} on, perhaps for "
                f"want of memory: {error}"
            ) from error
        except Exception as error:  # a process boundary: workers may raise anything
            raise ClusterError(f"A task failed on its worker: {error!r}") from error


@asynccontextmanager
async def task_group() -> AsyncIterator[asyncio.TaskGroup]:
    """Yield a TaskGroup; raise the first error of its tasks as itself, not in a group."""
    try:
        async with asyncio.TaskGroup() as tasks:
            yield tasks
    except BaseExceptionGroup as group:
        error: BaseException = group
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        raise error from error.__cause__
