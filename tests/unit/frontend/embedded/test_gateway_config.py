from __future__ import annotations

import json
import os
import runpy
import sys
from pathlib import Path

import distributed
import pytest
import yaml
from dask_gateway_server.app import DaskGateway
from dask_gateway_server.backends.local import UnsafeLocalBackend
from dask_gateway_server.models import User
from traitlets.config import Config

from frontend.embedded import cluster_preload, gateway_config
from frontend.embedded.gateway import GatewayOptions
from sim.cluster import PRELOAD

OPTIONS = GatewayOptions(
    address="127.0.0.1:1111",
    proxy_address="127.0.0.1:2222",
    clusters="/run/clusters",
    max_workers=3,
    worker_memory_bytes=2**30,
    cluster_environ={"NUMBA_CACHE_DIR": "/cache"},
)


def configured() -> Config:
    c = Config()
    gateway_config.configure(c, OPTIONS, "secret")
    return c


def test_options_travel_through_the_environment() -> None:
    assert GatewayOptions.from_environ(OPTIONS.to_environ()) == OPTIONS


def test_every_name_that_is_set_exists_in_this_version_of_the_server() -> None:
    known = {
        (owner.__name__, name)
        for cls in (*DaskGateway().classes, DaskGateway, UnsafeLocalBackend)
        for owner in cls.__mro__
        if hasattr(owner, "class_trait_names")
        for name in cls.class_trait_names(config=True)
    }
    from dask_gateway_server.auth import SimpleAuthenticator
    from dask_gateway_server.backends.base import ClusterConfig
    from dask_gateway_server.proxy import Proxy

    for cls in (SimpleAuthenticator, ClusterConfig, Proxy):
        known |= {(cls.__name__, name) for name in cls.class_trait_names(config=True)}
    given = {(section, name) for section, names in configured().items() for name in names}
    assert given <= known


def test_commands_are_lists_of_this_environments_own_python() -> None:
    cluster = configured().ClusterConfig
    assert cluster.scheduler_cmd[:3] == [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    assert cluster.worker_cmd[:2] == [sys.executable, "-m"]


def test_workers_preload_the_kernel() -> None:
    command = configured().ClusterConfig.worker_cmd
    assert command[command.index(PRELOAD) - 1] == "--preload"


@pytest.mark.parametrize("command", ["scheduler_cmd", "worker_cmd"])
def test_schedulers_and_workers_listen_on_loopback_and_load_what_confines_them(
    command: str,
) -> None:
    words = configured().ClusterConfig[command]
    assert words[words.index("--host") + 1] == "127.0.0.1"
    assert words[words.index(cluster_preload.NAME) - 1] == "--preload"
    assert "--no-dashboard" in words, "which the preload adds when it is asked for"


def test_the_dashboards_routes_are_dasks_own_without_the_proxy() -> None:
    routes = configured().ClusterConfig.environment["DASK_DISTRIBUTED__SCHEDULER__HTTP__ROUTES"]
    own = yaml.safe_load((Path(distributed.__file__).parent / "distributed.yaml").read_text())
    usual = own["distributed"]["scheduler"]["http"]["routes"]
    assert json.loads(routes) == [route for route in usual if route != "distributed.http.proxy"]


def test_an_idle_cluster_ends_by_the_gateway_and_else_by_itself() -> None:
    cluster = configured().ClusterConfig
    assert cluster.idle_timeout > 0
    assert cluster.environment["DASK_DISTRIBUTED__SCHEDULER__IDLE_TIMEOUT"].endswith("s")


async def _echoed(tag: str) -> object:
    backend = UnsafeLocalBackend(config=configured())
    requested, _ = await backend.process_cluster_options(User("porta"), {"tag": tag})
    return requested


def test_the_tag_is_an_option_that_changes_nothing_and_is_told_again() -> None:
    import asyncio

    assert asyncio.run(_echoed("installation/digest/token")) == {"tag": "installation/digest/token"}


def test_clusters_inherit_no_secret() -> None:
    c = configured()
    names = {*c.UnsafeLocalBackend.inherited_environment, *c.ClusterConfig.environment}
    assert not {name for name in names if "REDIS" in name or "PASSWORD" in name}
    assert not {name for name in names if name.startswith("PORTA_")}


def test_the_server_reads_the_file_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    c = Config()
    monkeypatch.setattr(os, "environ", {**OPTIONS.to_environ(), "DASK_GATEWAY_PASSWORD": "secret"})
    runpy.run_path(str(gateway_config.__file__), init_globals={"get_config": lambda: c})
    assert c.DaskGateway.address == "127.0.0.1:1111"
    assert c.SimpleAuthenticator.password == "secret"  # noqa: S105 - the test's own


def test_the_database_lies_in_the_folder_where_the_server_works(tmp_path: Path) -> None:
    url = configured().UnsafeLocalBackend.db_url
    assert url == "sqlite:///gateway.sqlite"
    assert not url.startswith(f"sqlite:///{tmp_path}")
