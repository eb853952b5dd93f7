"""The servers of `porta serve` that a plan asks for, each with the environment that it needs."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from frontend.embedded import dask_client
from frontend.embedded.gateway import EmbeddedGateway, gateway_process, proxy_process
from frontend.embedded.managed_process import START_S, ManagedProcess
from frontend.embedded.notebook import EmbeddedNotebook, notebook_process
from frontend.embedded.ports import LOOPBACK, Port, hold
from frontend.embedded.probes import Answer, get
from frontend.embedded.valkey import redis_process, redis_url
from frontend.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from frontend.embedded.data_dir import DataDir
    from frontend.embedded.messages import Plan

__all__ = ["Stack", "browser_url", "compose"]

ANY_ADDRESS: Final = {"0.0.0.0": LOOPBACK, "::": "::1", "": LOOPBACK}  # noqa: S104 - read, not bound
DASK_CONFIG: Final = "dask.yaml"
FOREIGN_START_S: Final = 10.0  # a server elsewhere may be away for long: serve what there is


@dataclass(frozen=True, slots=True)
class Stack:
    """The servers, in the order in which they start; `addresses` says as JSON how to reach them."""

    processes: tuple[ManagedProcess, ...]
    addresses: str


def browser_url(host: str, port: int) -> str:
    """Return the URL that a browser on this machine opens."""
    name = ANY_ADDRESS.get(host, host)
    return f"http://[{name}]:{port}/" if ":" in name else f"http://{name}:{port}/"


def compose(plan: Plan, data_dir: DataDir, sockets: Path, environ: Mapping[str, str]) -> Stack:
    """Return the servers of the plan; raises PortTaken, and SettingsError."""
    settings = Settings.from_environ(environ)
    listening = hold(plan.host, plan.port) if plan.porta else None  # first, as it may be taken
    processes: list[ManagedProcess] = []
    porta_environ = dict(environ) | data_dir.mark
    addresses: dict[str, str] = {}
    if plan.redis:
        processes.append(redis_process(data_dir, sockets, environ))
        porta_environ["REDIS_URL"] = addresses["redis_url"] = redis_url(sockets)
    if plan.gateway:
        gateway, max_workers = EmbeddedGateway(), _max_workers(settings, environ)
        processes.append(gateway_process(gateway, data_dir, environ, max_workers))
        processes.append(proxy_process(gateway, data_dir, environ))
        addresses |= _access(gateway)
        porta_environ |= _access(gateway) | {"PORTA_MAX_WORKERS": str(max_workers)}
        addresses["dask_config"] = _told_to_dask(gateway, data_dir)
    if listening is not None:
        addresses["url"] = browser_url(plan.host, listening.number)
        processes.append(_web_process(plan, data_dir, listening, porta_environ))
        processes.append(_runner_process(plan, data_dir, listening, porta_environ))
    if plan.notebook:
        notebook = EmbeddedNotebook()
        addresses["notebook"] = notebook.url
        known = _known_to_dask(Settings.from_environ(porta_environ))
        processes.append(
            notebook_process(notebook, data_dir, {**environ, **known}, gives_back=not plan.gateway)
        )
    return Stack(tuple(processes), json.dumps(addresses))


def _access(gateway: EmbeddedGateway) -> dict[str, str]:
    """Return the settings of a client of the Gateway."""
    return {
        "DASK_GATEWAY_ADDRESS": gateway.address,
        "DASK_GATEWAY_PROXY_ADDRESS": gateway.proxy_address,
        "DASK_GATEWAY_PASSWORD": gateway.password,
    }


def _told_to_dask(gateway: EmbeddedGateway, data_dir: DataDir) -> str:
    """Write the configuration for clients of the Gateway; return the path of the file."""
    path = data_dir.run / DASK_CONFIG
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = dask_client.configuration(gateway.address, gateway.proxy_address, gateway.password)
    dask_client.write(settings, path)
    return str(path)


def _known_to_dask(settings: Settings) -> dict[str, str]:
    """Return the variables by which the notebook reaches the same Gateway, or scheduler."""
    if settings.gateway_address is not None:
        return dask_client.to_environ(
            dask_client.configuration(
                settings.gateway_address,
                settings.gateway_proxy_address,
                settings.gateway_password,
            )
        )
    if settings.scheduler is not None:
        return dask_client.to_environ(dask_client.scheduler_configuration(settings.scheduler))
    return {}


def _web_process(
    plan: Plan, data_dir: DataDir, listening: Port, environ: Mapping[str, str]
) -> ManagedProcess:
    address = _probe_address(plan, listening)
    return ManagedProcess(
        name="web",
        title="the web server",
        command=_porta(
            *("web", "--host", plan.host, "--port", str(listening.number)),
            *("--data", str(data_dir.path)),
        ),
        environ=_web_environ(data_dir, environ),
        working_dir=data_dir.run,
        log=data_dir.log("web"),
        port=listening,
        answers=lambda: get(address, "/healthz") is not None,
        after=("redis",) if plan.redis else (),
    )


def _web_environ(data_dir: DataDir, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the web's environment: no password of the Gateway, and exports beside the results."""
    own = {name: environ[name] for name in environ if name != "DASK_GATEWAY_PASSWORD"}
    folder = environ.get("PORTA_EXPORT_FOLDER", "").strip()
    return own | {"PORTA_EXPORT_FOLDER": folder or str(data_dir.exports)}


def _runner_process(
    plan: Plan, data_dir: DataDir, listening: Port, environ: Mapping[str, str]
) -> ManagedProcess:
    address = _probe_address(plan, listening)
    # A Redis or a Gateway that is not embedded may be away for a while; the page says so.
    all_embedded = plan.redis and plan.gateway
    redis = ("redis",) if plan.redis else ()
    # A runner that starts before its Gateway would put off the runs that wait.
    proxy = ("proxy",) if plan.gateway else ()
    return ManagedProcess(
        name="runner",
        title="the runner",
        command=_porta("runner"),
        environ=environ,
        working_dir=data_dir.run,
        log=data_dir.log("runner"),
        answers=lambda: (answer := get(address, "/readyz")) is not None and answer.ok,
        trouble=lambda: _trouble(get(address, "/readyz")),
        after=redis + proxy,
        seen_by=("web",),  # which may compile the kernels for minutes
        gives_back=True,
        required=all_embedded,
        deadline_s=START_S if all_embedded else FOREIGN_START_S,
    )


def _probe_address(plan: Plan, listening: Port) -> str:
    return browser_url(plan.host, listening.number).removeprefix("http://").rstrip("/")


def _trouble(answer: Answer | None) -> str:
    """Return the sentences of the checks that failed."""
    if answer is None:
        return "The web server does not answer."
    with suppress(ValueError, AttributeError):
        checks = json.loads(answer.body).get("checks", {})
        return " ".join(result for result in checks.values() if result != "ok")
    return ""


def _porta(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-P", "-m", "frontend.cli", *arguments)


def _max_workers(settings: Settings, environ: Mapping[str, str]) -> int:
    """Return PORTA_MAX_WORKERS if it is set, else at most one worker for each core."""
    if environ.get("PORTA_MAX_WORKERS", "").strip():
        return settings.max_workers
    return min(settings.max_workers, os.cpu_count() or 1)
