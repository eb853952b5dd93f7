"""TLS to Redis and to the Gateway: real servers, real certificates, and wrong ones."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from frontend import embedded
from frontend.bootstrap import build_services
from frontend.errors import StorageUnavailable
from frontend.runner.dask_backend import backend_of
from frontend.settings import Settings
from frontend.web.app import create_app
from sim.cluster import GatewayBackend
from sim.errors import ClusterError
from tests.tls import HOST, authority, redis_over_tls, terminated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from frontend.embedded import GatewayAccess
    from tests.redis_servers import RedisServer
    from tests.tls import Authority


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="module")
def believed(folder: Path) -> Authority:
    return authority(folder / "believed", HOST)


@pytest.fixture(scope="module")
def other(folder: Path) -> Authority:
    return authority(folder / "other", HOST)


@pytest.fixture(scope="module")
def elsewhere(folder: Path) -> Authority:
    """One that vouches for a server of another name."""
    return authority(folder / "elsewhere", "redis.example")


@pytest.fixture(scope="module")
def redis_url(
    redis_image: str | None, redis_server: RedisServer, believed: Authority
) -> Iterator[str]:
    """A Redis that speaks TLS itself, in a container; else an embedded one behind TLS."""
    if redis_image is not None:
        with redis_over_tls(redis_image, believed) as url:
            yield url
        return
    with terminated(believed, urlsplit(redis_server.url).port or 0) as port:
        yield f"rediss://{HOST}:{port}/0"


def settings_for(url: str, ca: Path | None) -> Settings:
    environ = {"REDIS_URL": url} | ({"PORTA_REDIS_CA": str(ca)} if ca else {})
    return Settings.from_environ(environ)


def test_a_redis_whose_certificate_is_vouched_for_is_used(
    redis_url: str, believed: Authority
) -> None:
    services = build_services(settings_for(redis_url, believed.file))
    web = create_app(services=services).test_client()
    assert web.post("/api/v1/propagations", json={"steps": 500}).status_code == 200
    assert web.post("/api/v1/propagations", json={"steps": 30_000_000}).status_code == 202
    assert services.store.recent(1)[0][0] == "500"
    services.close()


@pytest.mark.parametrize("ca", ["other", None])
def test_one_that_is_not_is_told_nothing(redis_url: str, other: Authority, ca: str | None) -> None:
    services = build_services(settings_for(redis_url, other.file if ca else None))
    with pytest.raises(StorageUnavailable, match="certificate is not trusted"):
        services.store.recent()
    services.close()


def test_nor_is_one_whose_certificate_is_for_another_host(
    redis_server: RedisServer, elsewhere: Authority
) -> None:
    with terminated(elsewhere, urlsplit(redis_server.url).port or 0) as port:
        services = build_services(settings_for(f"rediss://{HOST}:{port}/0", elsewhere.file))
        with pytest.raises(StorageUnavailable, match="certificate is not trusted"):
            services.store.recent()
        services.close()


@pytest.fixture(scope="module")
def gateway(folder: Path) -> Iterator[GatewayAccess]:
    with embedded.gateway(folder / "gateway") as reached:
        yield reached


@pytest.fixture(scope="module")
def https(gateway: GatewayAccess, believed: Authority) -> Iterator[str]:
    """The Gateway, behind TLS as an Ingress would put it."""
    with terminated(believed, urlsplit(gateway.address).port or 0) as port:
        yield f"https://{HOST}:{port}"


def through(https: str, gateway: GatewayAccess, ca: Path | None) -> GatewayBackend:
    environ = {
        "DASK_GATEWAY_ADDRESS": https,
        "DASK_GATEWAY_PROXY_ADDRESS": gateway.proxy_address,
        "DASK_GATEWAY_PASSWORD": gateway.password,
    } | ({"PORTA_GATEWAY_CA": str(ca)} if ca else {})
    backend = backend_of(Settings.from_environ(environ))
    assert isinstance(backend, GatewayBackend)
    return backend


def test_a_gateway_whose_certificate_is_vouched_for_gives_clusters(
    https: str, gateway: GatewayAccess, believed: Authority
) -> None:
    async def main() -> None:
        backend = through(https, gateway, believed.file)
        async with backend.open(tag="tls", workers=1) as cluster:
            assert await cluster.client.submit(sum, [1, 2]) == 3

    asyncio.run(main())


@pytest.mark.parametrize("ca", ["other", None])
def test_one_that_is_not_is_not_told_the_password(
    https: str, gateway: GatewayAccess, other: Authority, ca: str | None
) -> None:
    async def main() -> None:
        backend = through(https, gateway, other.file if ca else None)
        with pytest.raises(ClusterError, match="certificate that is not believed"):
            await backend.clusters()
        assert not await backend.healthy()

    asyncio.run(main())
