"""The ACL file that a deployment gets, read by a real Redis: Porta works, and can do no more."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

import pytest
import redis
from testcontainers.core.container import DockerContainer

from frontend.bootstrap import build_services
from frontend.settings import Settings
from frontend.web.app import create_app
from infra import redis_users
from tests.forbidden import allowed
from tests.processes import eventually
from tests.redis_servers import OWNER_LABEL, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def url(redis_image: str | None, tmp_path: Path) -> Iterator[str]:
    if redis_image is None:
        pytest.skip("an ACL file is for a container, and there is no Docker here")
    tmp_path.chmod(0o755)
    users = tmp_path / "users.acl"
    users.write_text(redis_users.acl(administrator="a" * 8, porta="b" * 8))
    port = free_port()
    container = (
        DockerContainer(redis_image)
        .with_bind_ports(6379, port)
        .with_command(["redis-server", "--aclfile", "/acl/users.acl"])
        .with_volume_mapping(str(tmp_path), "/acl", "ro")
        .with_kwargs(labels={OWNER_LABEL: str(os.getpid())})
    )
    with container:
        address = redis_users.url(porta="b" * 8, host="127.0.0.1").replace("6379", str(port))
        eventually(lambda: _answers(address))
        yield address


def _answers(url: str) -> bool:
    with (
        contextlib.suppress(redis.ConnectionError),
        contextlib.closing(redis.Redis.from_url(url)) as client,
    ):
        return bool(client.ping())
    return False


def test_with_its_url_porta_works_and_nothing_else_can_be_done(url: str) -> None:
    with contextlib.closing(build_services(Settings(redis_url=url))) as services:
        web = create_app(services=services).test_client()
        assert web.post("/api/v1/propagations", json={"steps": 500}).status_code == 200
        assert web.post("/api/v1/propagations", json={"steps": 30_000_000}).status_code == 202
    with contextlib.closing(redis.Redis.from_url(url)) as client:
        assert allowed(client) == []


def test_nobody_else_is_let_in(url: str) -> None:
    stranger = url.replace("porta:" + "b" * 8 + "@", "")
    with (
        contextlib.closing(redis.Redis.from_url(stranger)) as client,
        pytest.raises(redis.exceptions.AuthenticationError),
    ):
        client.get("propagation/500")
