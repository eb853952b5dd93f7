from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import dask.config
import pytest
from dask_gateway.auth import get_auth

from frontend.embedded.dask_client import (
    configuration,
    scheduler_configuration,
    to_environ,
    write,
)

if TYPE_CHECKING:
    from pathlib import Path


def understood(paths: list[str], environ: dict[str, str]) -> list[str]:
    """What Dask and its Gateway's client make of it."""
    with dask.config.set(dask.config.collect(paths, environ)):
        auth = get_auth()
        asked = ("gateway.address", "gateway.proxy-address", "labextension.factory.class")
        return [*map(dask.config.get, asked), auth.username, auth.password]


@pytest.mark.parametrize("password", ["0123456789", "a{b}c'\"d", "True"])
def test_dask_reads_the_same_from_the_file_and_from_the_variables(
    password: str, tmp_path: Path
) -> None:
    settings = configuration("http://127.0.0.1:1", "tls://127.0.0.1:2", password)
    write(settings, tmp_path / "dask.yaml")

    told = ["http://127.0.0.1:1", "tls://127.0.0.1:2", "GatewayCluster", "notebook", password]
    assert understood([str(tmp_path / "dask.yaml")], {}) == told
    assert understood([], to_environ(settings)) == told


def test_the_file_is_for_this_user_only_also_where_one_was_there(tmp_path: Path) -> None:
    path = tmp_path / "dask.yaml"
    path.touch(0o644)
    write(configuration("http://127.0.0.1:1", None, None), path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_user_is_not_the_runners_whose_clusters_it_may_stop() -> None:
    settings = configuration("http://127.0.0.1:1", None, "secret")

    assert settings["gateway"]["auth"]["kwargs"]["username"] == "notebook"


def test_a_gateway_without_a_proxy_address_of_its_own_has_none() -> None:
    assert "proxy-address" not in configuration("http://127.0.0.1:1", None, None)["gateway"]


def test_a_scheduler_is_told_to_distributeds_client() -> None:
    told = to_environ(scheduler_configuration("tcp://scheduler:8786"))

    assert told == {"DASK_SCHEDULER_ADDRESS": "'tcp://scheduler:8786'"}
