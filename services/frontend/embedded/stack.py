"""Which servers a plan asks for, each with the environment that it needs and no more."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from frontend.embedded.gateway import EmbeddedGateway, gateway_parts
from frontend.embedded.managed_process import ManagedProcess
from frontend.embedded.ports import LOOPBACK, Port, hold
from frontend.embedded.probes import Answer, get
from frontend.embedded.valkey import redis_process, redis_url
from frontend.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from frontend.embedded.data_dir import DataFolder
    from frontend.embedded.messages import Plan

__all__ = ["Stack", "browser_url", "compose"]

ANYWHERE: Final = {"0.0.0.0": LOOPBACK, "::": "::1", "": LOOPBACK}  # noqa: S104 - read, not bound


@dataclass(frozen=True, slots=True)
class Stack:
    """The servers, in the order in which they are started, and how they are reached, as JSON."""

    parts: tuple[ManagedProcess, ...]
    reached: str


def browser_url(host: str, port: int) -> str:
    """Return the URL that a browser on this machine opens."""
    name = ANYWHERE.get(host, host)
    return f"http://[{name}]:{port}/" if ":" in name else f"http://{name}:{port}/"


def compose(plan: Plan, folder: DataFolder, sockets: Path, environ: Mapping[str, str]) -> Stack:
    """Describe every server of the plan; raises PortTaken."""
    settings = Settings.from_environ(environ)
    listening = hold(plan.host, plan.port) if plan.porta else None  # first, as it may be taken
    parts: list[ManagedProcess] = []
    completed = dict(environ) | folder.mark
    reached: dict[str, str] = {}
    if plan.redis:
        parts.append(redis_process(folder, sockets, environ))
        completed["REDIS_URL"] = reached["redis_url"] = redis_url(sockets)
    if plan.gateway:
        gateway = EmbeddedGateway()
        workers = _max_workers(settings, environ)
        parts.extend(gateway_parts(gateway, folder, environ, workers))
        access = {
            "DASK_GATEWAY_ADDRESS": gateway.address,
            "DASK_GATEWAY_PROXY_ADDRESS": gateway.proxy_address,
            "DASK_GATEWAY_PASSWORD": gateway.password,
        }
        reached |= access
        completed |= access | {"PORTA_MAX_WORKERS": str(workers)}
    if listening is not None:
        reached["url"] = browser_url(plan.host, listening.number)
        parts.extend(_porta_parts(plan, folder, listening, completed))
    return Stack(tuple(parts), json.dumps(reached))


def _porta_parts(
    plan: Plan, folder: DataFolder, listening: Port, environ: Mapping[str, str]
) -> tuple[ManagedProcess, ManagedProcess]:
    address = browser_url(plan.host, listening.number).removeprefix("http://").rstrip("/")
    # A Redis or a Gateway of somebody else's may be away for a while; the page says so.
    whole = plan.redis and plan.gateway
    redis = ("redis",) if plan.redis else ()
    # A runner that finds no Gateway puts off the runs that it finds waiting.
    gateway = ("proxy",) if plan.gateway else ()
    web = ManagedProcess(
        name="web",
        title="the web server",
        command=_porta("web", "--host", plan.host, "--port", str(listening.number)),
        environ={key: environ[key] for key in environ if key != "DASK_GATEWAY_PASSWORD"},
        folder=folder.run,
        log=folder.log("web"),
        port=listening,
        answers=lambda: get(address, "/healthz") is not None,
        after=redis,
    )
    runner = ManagedProcess(
        name="runner",
        title="the runner",
        command=_porta("runner"),
        environ=environ,
        folder=folder.run,
        log=folder.log("runner"),
        answers=lambda: (answer := get(address, "/readyz")) is not None and answer.ok,
        trouble=lambda: _trouble(get(address, "/readyz")),
        after=redis + gateway,
        gives_back=True,
        required=whole,
        deadline_s=60.0 if whole else 10.0,
    )
    return web, runner


def _trouble(answer: Answer | None) -> str:
    """Return the sentences of the checks that are not well."""
    if answer is None:
        return "The web server does not answer."
    with suppress(ValueError, AttributeError):
        checks = json.loads(answer.body).get("checks", {})
        return " ".join(said for said in checks.values() if said != "ok")
    return ""


def _porta(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-P", "-m", "frontend.cli", *words)


def _max_workers(settings: Settings, environ: Mapping[str, str]) -> int:
    """Return as many as were asked for, else at most one a core: they share this machine."""
    if environ.get("PORTA_MAX_WORKERS", "").strip():
        return settings.max_workers
    return min(settings.max_workers, os.cpu_count() or 1)
