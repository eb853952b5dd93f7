"""The ways to reach Dask, on a real Gateway with its local backend and on real schedulers."""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import pytest
from dask_gateway import BasicAuth, Gateway

from frontend import embedded
from sim.cluster import Backend, GatewayBackend, LocalBackend, SchedulerBackend
from sim.errors import ClusterError, ClusterStartError, ClusterTimeoutError
from tests import redis_servers
from tests.dask_servers import all_there, dask
from tests.deadlines import EVENTUALLY_S, LOCAL_CLUSTER_S
from tests.foreign_gateway import foreign_gateway
from tests.processes import eventually

if TYPE_CHECKING:
    from collections.abc import Awaitable, Coroutine, Iterator
    from pathlib import Path

    from frontend.embedded import GatewayAccess


@pytest.fixture(scope="module")
def access(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayAccess]:
    with embedded.gateway(tmp_path_factory.mktemp("gateway")) as reached:
        yield reached


@pytest.fixture
def backend(access: GatewayAccess) -> GatewayBackend:
    return GatewayBackend(
        access.address, proxy_address=access.proxy_address, password=access.password
    )


@pytest.fixture
def free_port() -> int:
    return redis_servers.free_port()


async def all_gone(backend: Backend, within_s: float = EVENTUALLY_S) -> bool:
    deadline = time.monotonic() + within_s
    while await backend.clusters():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.1)
    return True


def test_a_cluster_comes_with_its_tag_and_workers_and_goes(backend: GatewayBackend) -> None:
    async def main() -> None:
        async with backend.open(tag="installation/digest/token", workers=2) as cluster:
            assert await all_there(cluster, 2)
            assert await cluster.client.submit(sum, [1, 2], pure=False) == 3
            (info,) = await backend.clusters()
            assert (info.name, info.tag) == (cluster.name, "installation/digest/token")
            assert info.status == "running"
            assert info.started.tzinfo is not None
            assert cluster.dashboard is not None
            assert cluster.name in cluster.dashboard
        assert await all_gone(backend)

    asyncio.run(main())


@pytest.mark.parametrize("way", ["gateway", "local"])
def test_a_worker_has_the_kernel_before_its_first_task(backend: GatewayBackend, way: str) -> None:
    def kernel_loaded() -> bool:
        """Look without importing, which would load some of it."""

        passes = sys.modules.get("sim.kernel.integrate")
        records = sys.modules.get("sim.kernel.records")
        if passes is None or records is None:
            return False
        return bool(passes.pass_over.signatures and records.emit.signatures)

    async def main() -> None:
        which: Backend = backend if way == "gateway" else LocalBackend(start_s=LOCAL_CLUSTER_S)
        async with which.open(tag="", workers=2) as cluster:
            assert await all_there(cluster, 2)
            loaded = await cluster.client.run(kernel_loaded)
            assert list(loaded.values()) == [True, True]

    asyncio.run(main())


def test_a_body_that_raises_or_is_cancelled_leaves_no_cluster(backend: GatewayBackend) -> None:
    async def main() -> None:
        with pytest.raises(ZeroDivisionError):
            async with backend.open(tag="raises", workers=1):
                raise ZeroDivisionError
        opened = asyncio.Event()

        async def wait() -> None:
            async with backend.open(tag="cancelled", workers=1):
                opened.set()
                await asyncio.Event().wait()

        await cancel_when(opened.wait(), wait())
        assert await all_gone(backend)

    asyncio.run(main())


@pytest.mark.parametrize("delay_s", [0.0, 0.01, 0.05, 0.3])
def test_asking_that_is_cancelled_leaves_no_cluster(
    backend: GatewayBackend, delay_s: float
) -> None:
    async def main() -> None:
        async def ask() -> None:
            async with backend.open(tag="cut off", workers=1):
                pytest.fail("A scheduler started sooner than can be.")

        await cancel_when(asyncio.sleep(delay_s), ask())
        assert await all_gone(backend)

    asyncio.run(main())


async def cancel_when(moment: Awaitable[object], work: Coroutine[object, object, None]) -> None:
    task = asyncio.create_task(work)
    await moment
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert task.cancelled()


def test_clusters_can_be_opened_one_after_the_other_and_at_once(backend: GatewayBackend) -> None:
    async def use(tag: str) -> str:
        async with backend.open(tag=tag, workers=1) as cluster:
            return cluster.name

    async def main() -> None:
        names = [await use("1"), await use("2"), *await asyncio.gather(use("3"), use("4"))]
        assert len(set(names)) == 4
        assert await all_gone(backend)

    asyncio.run(main())


def test_an_orphan_is_found_by_its_tag_and_stopped_by_its_name(backend: GatewayBackend) -> None:
    async def main() -> None:
        async with backend.open(tag="orphan", workers=1):
            (info,) = [one for one in await backend.clusters() if one.tag == "orphan"]
            await backend.stop(info.name)
            assert await all_gone(backend)
        await backend.stop(info.name)
        await backend.stop("0" * 32)

    asyncio.run(main())


def test_a_gateway_without_our_option_is_used_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def main(address: str) -> None:
        backend = GatewayBackend(address)
        async with backend.open(tag="ours", workers=1) as cluster:
            assert await cluster.client.submit(sum, [1, 2], pure=False) == 3
            (info,) = await backend.clusters()
            assert (info.name, info.tag) == (cluster.name, "")
        assert await all_gone(backend)

    with foreign_gateway(tmp_path) as address:
        asyncio.run(main(address))
    assert "has no cluster option 'tag'" in caplog.text


SIZES_SCHEDULERS: Final = """
from dask_gateway_server.options import Integer, Options, String
c.Backend.cluster_options = Options(String("tag"), Integer("workers_expected", default=9, min=1))
"""


def test_a_gateway_that_sizes_schedulers_is_told_how_many_workers_there_will_be(
    tmp_path: Path,
) -> None:
    async def main(address: str) -> None:
        backend = GatewayBackend(address)
        async with (
            backend.open(tag="ours", workers=1),
            Gateway(address, auth=BasicAuth("porta", None), asynchronous=True) as gateway,
        ):
            (report,) = await gateway.list_clusters()
            assert dict(report.options) == {"tag": "ours", "workers_expected": 1}

    with foreign_gateway(tmp_path, more=SIZES_SCHEDULERS) as address:
        asyncio.run(main(address))


def test_a_gateway_that_answers_is_healthy(backend: GatewayBackend) -> None:
    eventually(lambda: asyncio.run(backend.healthy()))


def test_a_wrong_password_is_a_sentence(access: GatewayAccess) -> None:
    wrong = GatewayBackend(
        access.address, proxy_address=access.proxy_address, password=access.password + "?"
    )

    async def main() -> None:
        with pytest.raises(ClusterStartError, match="refuses Porta's password"):
            async with wrong.open(tag="", workers=1):
                pass
        assert not await wrong.healthy()

    asyncio.run(main())


def test_a_gateway_that_is_not_there_is_a_sentence(free_port: int) -> None:
    nobody = GatewayBackend(f"http://127.0.0.1:{free_port}")

    async def main() -> None:
        with pytest.raises(ClusterStartError, match=f"127.0.0.1:{free_port} can't be reached"):
            async with nobody.open(tag="", workers=1):
                pass
        with pytest.raises(ClusterError, match="can't be reached"):
            await nobody.clusters()
        assert not await nobody.healthy()

    asyncio.run(main())


def test_a_gateway_that_is_slow_is_given_up(access: GatewayAccess) -> None:
    hasty = GatewayBackend(
        access.address,
        proxy_address=access.proxy_address,
        password=access.password,
        start_s=0.3,
    )

    async def main() -> None:
        with pytest.raises(ClusterTimeoutError, match="had no cluster ready in time"):
            async with hasty.open(tag="slow", workers=1):
                pass
        assert await all_gone(hasty)

    asyncio.run(main())


def test_a_bare_scheduler_is_used_with_the_workers_it_has_and_left_alone() -> None:
    with dask(2) as servers:
        backend = SchedulerBackend(servers.address.removeprefix("tcp://"))

        async def main() -> None:
            assert await backend.healthy()
            async with backend.open(tag="", workers=7) as cluster:
                assert await all_there(cluster, 2)
            for _ in range(2):
                async with backend.open(tag="", workers=7) as cluster:
                    assert cluster.workers == await cluster.arrived() == 2
            assert await backend.clusters() == []

        asyncio.run(main())


def test_a_scheduler_that_is_not_there_is_a_sentence(free_port: int) -> None:
    nobody = SchedulerBackend(f"127.0.0.1:{free_port}", start_s=1)

    async def main() -> None:
        with pytest.raises(ClusterStartError, match=f"127.0.0.1:{free_port} can't be reached"):
            async with nobody.open(tag="", workers=1):
                pass
        assert not await nobody.healthy()

    asyncio.run(main())
