"""The embedded Dask Gateway: the server, and its proxy as a process of its own.

- Secrets are made anew at each start and travel in the servers' environment only; clusters see
  none of them.
- The proxy has a process and a fixed token of its own, and the Gateway keeps its state in a
  database: so a Gateway that is started again costs a running job nothing.
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

from frontend.embedded.managed_process import ManagedProcess
from frontend.embedded.ports import Port, hold
from frontend.embedded.probes import get

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from frontend.embedded.data_dir import DataFolder

__all__ = ["EmbeddedGateway", "GatewayOptions", "gateway_parts"]

OPTIONS: Final = "EMBEDDED_GATEWAY"  # the variable that carries GatewayOptions
PASSED_ON: Final = (
    "PATH",
    "PYTHONPATH",
    "VIRTUAL_ENV",
    "HOME",
    "USER",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "NUMBA_CACHE_DIR",
    "XDG_CACHE_HOME",
)
LEAST_WORKER_BYTES: Final = 512 * 2**20
MOST_WORKER_BYTES: Final = 2 * 2**30
MEMORY_SHARE: Final = 8  # of the machine's memory for one worker, at most


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayOptions:
    """What the Gateway's configuration needs to know, and is no secret."""

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
    """The ports and secrets of one start."""

    server: Port = field(default_factory=hold)
    proxy: Port = field(default_factory=hold)
    password: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    token: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    key: str = field(
        default_factory=lambda: base64.b64encode(secrets.token_bytes(32)).decode(), repr=False
    )

    @property
    def address(self) -> str:
        """Where clients reach the Gateway."""
        return f"http://{self.proxy.address}"

    @property
    def proxy_address(self) -> str:
        """Where clients reach the clusters."""
        return f"tls://{self.proxy.address}"


def gateway_parts(
    gateway: EmbeddedGateway, folder: DataFolder, environ: Mapping[str, str], max_workers: int
) -> tuple[ManagedProcess, ManagedProcess]:
    """Describe the Gateway and its proxy."""
    passed_on = {key: environ[key] for key in PASSED_ON if key in environ} | folder.mark
    options = GatewayOptions(
        address=gateway.server.address,
        proxy_address=gateway.proxy.address,
        clusters=str(folder.run / "clusters"),
        max_workers=max_workers,
        worker_memory_bytes=_worker_memory_bytes(),
        cluster_environ={
            key: passed_on[key]
            for key in (*folder.mark, "NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "HOME", "TMPDIR")
            if key in passed_on
        },
    )
    server = ManagedProcess(
        name="gateway",
        title="the Dask Gateway",
        command=(sys.executable, "-P", "-m", "dask_gateway_server", "-f", _configuration()),
        environ={
            **passed_on,
            **options.to_environ(),
            "DASK_GATEWAY_PASSWORD": gateway.password,
            "DASK_GATEWAY_PROXY_TOKEN": gateway.token,
            "DASK_GATEWAY_ENCRYPT_KEYS": gateway.key,
        },
        folder=folder.run,
        log=folder.log("gateway"),
        port=gateway.server,
        answers=_health(gateway.server.address),
    )
    proxy = ManagedProcess(
        name="proxy",
        title="the proxy of the Dask Gateway",
        command=_proxy_command(gateway),
        environ={**passed_on, "DASK_GATEWAY_PROXY_TOKEN": gateway.token},
        folder=folder.run,
        log=folder.log("proxy"),
        port=gateway.proxy,
        answers=_health(gateway.proxy.address),
        after=("gateway",),
    )
    return server, proxy


def _health(address: str) -> Callable[[], bool]:
    def answers() -> bool:
        answer = get(address, "/api/health")
        return answer is not None and answer.ok

    return answers


def _configuration() -> str:
    return str(Path(__file__).with_name("gateway_config.py"))


def _proxy_command(gateway: EmbeddedGateway) -> tuple[str, ...]:
    # `dask-gateway-server proxy` would do the same a second later: it becomes this program.
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
