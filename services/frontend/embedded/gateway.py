"""The embedded Dask Gateway: its server, and its proxy as a process of its own.

- Secrets are made anew at each start and travel only in the environment of the servers; clusters
  see none of them.
- The proxy is a separate process with a fixed token, and the Gateway keeps its state in a
  database. So a restart of the Gateway does not disturb a running job.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import sys
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil

from frontend.embedded.cluster_preload import supervised_by
from frontend.embedded.managed_process import ManagedProcess
from frontend.embedded.ports import Port, hold
from frontend.embedded.probes import get

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from frontend.embedded.data_dir import DataDir

__all__ = ["EmbeddedGateway", "GatewayOptions", "gateway_process", "proxy_process"]

OPTIONS: Final = "EMBEDDED_GATEWAY"  # the variable that carries GatewayOptions
PASSED_TO_CLUSTERS: Final = ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "HOME", "TMPDIR")
PASSED_ON: Final = (
    "PATH",
    "PYTHONPATH",
    "VIRTUAL_ENV",
    "USER",
    "LANG",
    "LC_ALL",
    *PASSED_TO_CLUSTERS,
)
LEAST_WORKER_BYTES: Final = 512 * 2**20
MOST_WORKER_BYTES: Final = 2 * 2**30
MEMORY_SHARE: Final = 8  # between these, an eighth of the machine's memory for each worker


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayOptions:
    """What the Gateway's configuration file needs to know, without the secrets."""

    address: str
    proxy_address: str
    clusters: str
    max_workers: int
    worker_memory_bytes: int
    cluster_environ: dict[str, str]

    def to_environ(self) -> dict[str, str]:
        """Return the environment that carries them to the Gateway."""
        return {OPTIONS: json.dumps(asdict(self))}

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> GatewayOptions:
        """Read them in the Gateway."""
        return cls(**json.loads(environ[OPTIONS]))


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedGateway:
    """The ports and secrets of one start.

    Clients log in with `password`, the proxy with `proxy_token`; `encryption_key` encrypts the
    clusters' certificates in the Gateway's database.
    """

    server: Port = field(default_factory=hold)
    proxy: Port = field(default_factory=hold)
    password: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    proxy_token: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    encryption_key: str = field(
        default_factory=lambda: base64.b64encode(secrets.token_bytes(32)).decode(), repr=False
    )

    @property
    def address(self) -> str:
        """The URL at which clients reach the Gateway."""
        return f"http://{self.proxy.address}"

    @property
    def proxy_address(self) -> str:
        """The address at which clients reach the clusters' schedulers."""
        return f"tls://{self.proxy.address}"


def gateway_process(
    gateway: EmbeddedGateway, data_dir: DataDir, environ: Mapping[str, str], max_workers: int
) -> ManagedProcess:
    """Return the process of the Gateway's server; a cluster gets at most `max_workers`."""
    return ManagedProcess(
        name="gateway",
        title="the Dask Gateway",
        command=(sys.executable, "-P", "-m", "dask_gateway_server", "-f", _configuration()),
        environ={
            **_chosen(environ, PASSED_ON),
            **data_dir.mark,
            **_options(gateway, data_dir, environ, max_workers).to_environ(),
            "DASK_GATEWAY_PASSWORD": gateway.password,
            "DASK_GATEWAY_PROXY_TOKEN": gateway.proxy_token,
            "DASK_GATEWAY_ENCRYPT_KEYS": gateway.encryption_key,
        },
        working_dir=data_dir.run,
        log=data_dir.log("gateway"),
        port=gateway.server,
        answers=_health(gateway.server.address),
    )


def proxy_process(
    gateway: EmbeddedGateway, data_dir: DataDir, environ: Mapping[str, str]
) -> ManagedProcess:
    """Return the process of the Gateway's proxy, which starts after the Gateway."""
    return ManagedProcess(
        name="proxy",
        title="the proxy of the Dask Gateway",
        command=_proxy_command(gateway),
        environ={
            **_chosen(environ, PASSED_ON),
            **data_dir.mark,
            "DASK_GATEWAY_PROXY_TOKEN": gateway.proxy_token,
        },
        working_dir=data_dir.run,
        log=data_dir.log("proxy"),
        port=gateway.proxy,
        answers=_health(gateway.proxy.address),
        after=("gateway",),
    )


def _options(
    gateway: EmbeddedGateway, data_dir: DataDir, environ: Mapping[str, str], max_workers: int
) -> GatewayOptions:
    return GatewayOptions(
        address=gateway.server.address,
        proxy_address=gateway.proxy.address,
        clusters=str(data_dir.run / "clusters"),
        max_workers=max_workers,
        worker_memory_bytes=_worker_memory_bytes(),
        cluster_environ={
            **_chosen(environ, PASSED_TO_CLUSTERS),
            **data_dir.mark,
            **supervised_by(psutil.Process()),
        },
    )


def _chosen(environ: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    return {name: environ[name] for name in names if name in environ}


def _health(address: str) -> Callable[[], bool]:
    def answers() -> bool:
        answer = get(address, "/api/health")
        return answer is not None and answer.ok

    return answers


def _configuration() -> str:
    return str(Path(__file__).with_name("gateway_config.py"))


def _proxy_command(gateway: EmbeddedGateway) -> tuple[str, ...]:
    # `dask-gateway-server proxy` executes this program, but only after a second of imports.
    package = find_spec("dask_gateway_server.proxy")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("dask_gateway_server.proxy")
    return (
        os.fspath(Path(package.origin).with_name("dask-gateway-proxy")),
        "-address",
        gateway.proxy.address,
        "-tcp-address",
        gateway.proxy.address,
        "-api-url",
        f"http://{gateway.server.address}/api/v1/routes",
        "-log-level",
        "warn",
    )


def _worker_memory_bytes() -> int:
    share = int(psutil.virtual_memory().total) // MEMORY_SHARE
    return min(MOST_WORKER_BYTES, max(LEAST_WORKER_BYTES, share))
