"""Clusters from a Dask Gateway, each with a tag that the Gateway's list shows.

- The tag is the cluster option `tag`. A Gateway without that option works too; a warning in the
  log says that clusters which are left behind could not be identified.
- A request for a cluster that is interrupted may still start one: it is awaited, and stopped.
- A Gateway with the option `workers_expected` is told how many workers there will be.
- The number of workers is fixed: adaptive scaling removes workers that hold results.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from http import HTTPStatus
from time import monotonic
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import aiohttp
from dask_gateway import BasicAuth, Gateway, GatewayClusterError
from dask_gateway.client import ClusterStatus, GatewayServerError

from sim.cluster.backend import Cluster, ClusterInfo, connected
from sim.cluster.ending import in_any_case
from sim.errors import ClusterError, ClusterStartError, ClusterTimeoutError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from dask_gateway.auth import GatewayAuth

__all__ = ["GatewayBackend"]

_LOG: Final = logging.getLogger(__name__)
_TAG: Final = "tag"
_EXPECTED: Final = "workers_expected"  # a Gateway may size the scheduler by it
_STOP_S: Final = 15.0
_ANSWER_S: Final = 5.0
_AT_ONCE_S: Final = 20.0  # a start that fails later has waited, probably for room
_LISTED: Final = (ClusterStatus.PENDING, ClusterStatus.RUNNING, ClusterStatus.STOPPING)
_GATEWAY_ERRORS: Final = (
    OSError,  # unreachable, or not in time
    ValueError,  # dask-gateway raises it for 404 and 422
    GatewayClusterError,  # for 409, and for a cluster that failed to start
    GatewayServerError,  # for 500
    aiohttp.ClientError,  # for every other response
)


class GatewayBackend:
    """A Dask Gateway, and the clusters that one of its users can see.

    The user has a password, or whatever dask-gateway authenticates by: `auth`.
    """

    def __init__(
        self,
        address: str,
        *,
        proxy_address: str | None = None,
        password: str | None = None,
        username: str = "porta",
        auth: GatewayAuth | None = None,
        start_s: float = 120.0,
        ca: str | None = None,
    ) -> None:
        self._address = address
        self._proxy_address = proxy_address or _default_proxy(address)
        self._auth = BasicAuth(username, password) if auth is None else auth
        self._refused = "Porta's password" if auth is None else "the credentials it is given"
        self._start_s = start_s
        self._tls = None if ca is None else ssl.create_default_context(cafile=ca)

    @asynccontextmanager
    async def open(self, *, tag: str, workers: int) -> AsyncIterator[Cluster]:
        """Start a cluster for the context's body, and stop it; raises ClusterStartError."""
        async with AsyncExitStack() as stack:
            with self._errors(ClusterStartError):
                cluster = await self._open(stack, tag, workers)
            yield cluster

    async def clusters(self) -> list[ClusterInfo]:
        """List the user's clusters that start, run or stop; raises ClusterError."""
        with self._errors(ClusterError):
            async with asyncio.timeout(_ANSWER_S), self._gateway() as gateway:
                return [_info(report) for report in await gateway.list_clusters(status=_LISTED)]

    async def stop(self, name: str) -> None:
        """Stop a cluster; the Gateway finishes this after its response."""
        with self._errors(ClusterError), suppress(ValueError):  # not found
            async with asyncio.timeout(_ANSWER_S), self._gateway() as gateway:
                await gateway.stop_cluster(name)

    async def healthy(self) -> bool:
        """Return whether the Gateway answers and accepts the password."""
        try:
            await self.clusters()
        except ClusterError:
            return False
        return True

    def _gateway(self) -> Gateway:
        gateway = Gateway(
            self._address,
            # Without it dask-gateway guesses, and a wrong guess hangs for 30 s.
            proxy_address=self._proxy_address,
            auth=self._auth,
            asynchronous=True,
        )
        if self._tls is not None:
            # There is no argument for this; these options go to each aiohttp request.
            gateway._request_kwargs["ssl"] = self._tls  # noqa: SLF001 - see above
        return gateway

    async def _open(self, stack: AsyncExitStack, tag: str, workers: int) -> Cluster:
        gateway = await stack.enter_async_context(self._gateway())
        async with asyncio.timeout(self._start_s):
            options = await self._options(gateway, tag, workers)
            name = await stack.enter_async_context(_submitted(gateway, options))
            report = await _running(gateway, name)
            await gateway.scale_cluster(name, workers)
            client = await stack.enter_async_context(
                connected(report.scheduler_address, self._start_s, security=report.security)
            )
        return Cluster(name, client, report.dashboard_link, workers)

    async def _options(self, gateway: Gateway, tag: str, workers: int) -> dict[str, Any]:
        """Return the options of a new cluster: those of ours that this Gateway has."""
        known = await gateway.cluster_options()
        sized = {_EXPECTED: workers} if _EXPECTED in known else {}
        if _TAG in known:
            return {_TAG: tag, **sized}
        _LOG.warning(
            "The Dask Gateway at %s has no cluster option %r: should this process be killed, its "
            "clusters can't be found and are left to the Gateway's idle_timeout.",
            self._address,
            _TAG,
        )
        return sized

    @contextmanager
    def _errors(self, kind: type[ClusterError]) -> Iterator[None]:
        """Turn errors of dask-gateway and its libraries into errors of this package."""
        try:
            yield
        except _GATEWAY_ERRORS as error:
            if kind is ClusterStartError and isinstance(error, TimeoutError):
                kind = ClusterTimeoutError
            raise kind(f"The Dask Gateway at {self._address} {self._problem(error)}") from error

    def _problem(self, error: Exception) -> str:
        match error:
            case aiohttp.ClientResponseError(status=HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN):
                return f"refuses {self._refused}."
            case aiohttp.ClientConnectorCertificateError():
                return "shows a certificate that is not believed here."
            case TimeoutError():
                return "had no cluster ready in time, or did not answer."
            case aiohttp.ClientConnectionError() | OSError():
                return f"can't be reached: {error}."
            case _:
                return f"answers: {error}"


@asynccontextmanager
async def _submitted(gateway: Gateway, options: dict[str, Any]) -> AsyncIterator[str]:
    """Yield the name of a new cluster; stop it afterwards, also if the request was interrupted."""
    submitted = asyncio.ensure_future(gateway.submit(**options))
    try:
        yield await asyncio.shield(submitted)
    finally:
        await in_any_case(_stopped(gateway, submitted), _STOP_S)


async def _stopped(gateway: Gateway, submitted: asyncio.Future[str]) -> None:
    await asyncio.wait({submitted})
    if submitted.exception() is None:
        await gateway.stop_cluster(submitted.result())


async def _running(gateway: Gateway, name: str) -> Any:  # noqa: ANN401 - dask-gateway has no types
    """Return the report of a running cluster; raises GatewayClusterError if it failed.

    Raises TimeoutError if that took a while: the Gateway gives up what finds no room.
    """
    begun = monotonic()
    while True:
        # With `wait`, the Gateway answers when the cluster runs, or after 20 seconds.
        report = await gateway.get_cluster(name, wait=True)
        if report.status is ClusterStatus.RUNNING:
            return report
        if report.status is not ClusterStatus.PENDING and monotonic() - begun > _AT_ONCE_S:
            raise TimeoutError
        if report.status is not ClusterStatus.PENDING:
            raise GatewayClusterError(f"cluster {name} failed to start; its log says why.")
        await asyncio.sleep(0.1)


def _info(report: Any) -> ClusterInfo:  # noqa: ANN401 - as above
    return ClusterInfo(
        name=report.name,
        tag=str((report.options or {}).get(_TAG, "")),
        started=report.start_time.astimezone(),
        dashboard=report.dashboard_link,
        status=report.status.name.lower(),
    )


def _default_proxy(address: str) -> str:
    """Return the address of a proxy on the Gateway's own address, which is the default.

    >>> _default_proxy("https://gateway.example/services/dask")
    'tls://gateway.example:443'
    """
    parts = urlsplit(address)
    return f"tls://{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
