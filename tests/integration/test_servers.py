"""The servers that other tests stand on keep what they promise."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
import redis

from tests.redis_servers import wait_until_it_answers

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.redis_servers import RedisServer


@pytest.mark.parametrize("attempt", [1, 2])
def test_every_test_gets_an_empty_redis(redis_client: redis.Redis, attempt: int) -> None:
    assert redis_client.dbsize() == 0
    redis_client.set("left-behind", attempt)


def test_an_acknowledged_write_survives_a_kill(own_redis: RedisServer) -> None:
    with contextlib.closing(redis.Redis.from_url(own_redis.url)) as client:
        client.set("key", "value")
        own_redis.kill()
        with pytest.raises(redis.ConnectionError):
            redis.Redis.from_url(own_redis.url, retry=None).ping()
        own_redis.start()
        assert client.get("key") == b"value"


def test_a_paused_redis_answers_nothing_until_it_resumes(own_redis: RedisServer) -> None:
    own_redis.pause()
    impatient = redis.Redis.from_url(own_redis.url, socket_timeout=0.3, retry=None)
    with contextlib.closing(impatient), pytest.raises(redis.TimeoutError):
        impatient.ping()
    own_redis.resume()
    wait_until_it_answers(own_redis.url)


def test_the_browser_runs_scripts(page: Page) -> None:
    page.set_content("<p id=answer></p><script>answer.textContent = 6 * 7</script>")
    assert page.inner_text("#answer") == "42"
