"""Claims about the Redis that a process finds at its start: one that does not fit is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from frontend.errors import SettingsError
from frontend.settings import Settings
from frontend.storage.compatibility import refuse_unsuitable
from tests.redis_servers import as_porta, embedded_server, free_port, without_its_primary

if TYPE_CHECKING:
    import redis

    from tests.redis_servers import RedisServer

TRANSIENT: Final = ("--save", "")


def at(url: str) -> Settings:
    return Settings.from_environ({"REDIS_URL": url})


def refused(url: str) -> str:
    with pytest.raises(SettingsError) as caught:
        refuse_unsuitable(at(url))
    assert caught.value.variable == "REDIS_URL"
    assert caught.value.detail.endswith(".")
    return caught.value.detail


@pytest.mark.parametrize("protocol", [2, 3])
def test_a_redis_that_fits_is_taken_as_portas_own_user_too(redis_url: str, protocol: int) -> None:
    refuse_unsuitable(at(f"{redis_url}?protocol={protocol}"))
    refuse_unsuitable(Settings())


@pytest.mark.parametrize("protocol", [2, 3])
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--cluster-enabled", "yes", "--cluster-port", str(free_port())), "Redis Cluster"),
        (("--rename-command", "SCRIPT", ""), "SCRIPT"),
        (("--rename-command", "EVALSHA", ""), "EVALSHA"),
    ],
)
def test_a_redis_that_does_not_fit_stops_the_start(
    options: tuple[str, ...], words: str, protocol: int
) -> None:
    with embedded_server((*TRANSIENT, *options)) as server:
        assert words in refused(f"{server.url}?protocol={protocol}")


def test_a_database_that_redis_does_not_have_stops_the_start(redis_server: RedisServer) -> None:
    assert "database 99" in refused(redis_server.url.replace("/0", "/99"))


def test_a_login_that_redis_refuses_stops_the_start(redis_url: str) -> None:
    name, _, rest = redis_url.partition("@")
    assert "login (WRONGPASS)" in refused(f"{name}-wrong@{rest}")
    assert "wrong" not in refused(f"{name}-wrong@{rest}")


def test_a_user_who_may_run_no_scripts_stops_the_start(
    redis_server: RedisServer, redis_client: redis.Redis
) -> None:
    url = as_porta(redis_server.url)
    redis_client.execute_command("ACL", "SETUSER", "porta", "-evalsha")  # type: ignore[no-untyped-call] # redis-py has no annotations here
    assert "does not allow this user" in refused(url)


def test_a_redis_that_is_away_or_not_ready_is_waited_for(own_redis: RedisServer) -> None:
    refuse_unsuitable(at(f"redis://127.0.0.1:{free_port()}"))
    with without_its_primary(own_redis.url):
        refuse_unsuitable(at(own_redis.url))
