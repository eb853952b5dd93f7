"""Claims about what Porta's user of Redis may not do; that it may do its work, all tests claim."""

from __future__ import annotations

import contextlib
import re
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest
import redis

from frontend.storage import keys
from frontend.storage.acl import NAME, PATTERNS, RULES
from tests.forbidden import FORBIDDEN, allowed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.redis_servers import RedisServer


@pytest.fixture
def porta(own_redis: RedisServer) -> Iterator[redis.Redis]:
    with contextlib.closing(redis.Redis.from_url(own_redis.url)) as administrator:
        words = ("ACL", "SETUSER", NAME, "reset", "on", ">secret", *RULES)
        administrator.execute_command(*words)  # type: ignore[no-untyped-call] # redis-py's own gap
    url = own_redis.url.replace("://", f"://{NAME}:secret@")
    with contextlib.closing(redis.Redis.from_url(url)) as client:
        yield client


def test_it_may_touch_no_other_keys_and_use_no_other_commands(porta: redis.Redis) -> None:
    assert allowed(porta) == []


def test_nor_by_a_script(porta: redis.Redis) -> None:
    """Redis holds what a script calls to the same rules, whichever keys it declares."""
    sha = porta.script_load("return redis.call(unpack(ARGV))")
    for words in FORBIDDEN:
        with pytest.raises(redis.exceptions.ResponseError, match=r"(?i)acl|permission|not allowed"):
            porta.evalsha(sha, 1, "run/declared", *words)
    assert porta.evalsha(sha, 1, "run/declared", "SET", "run/own", "x") == b"OK"


def test_what_a_script_was_refused_has_not_happened(
    own_redis: RedisServer, porta: redis.Redis
) -> None:
    with contextlib.closing(redis.Redis.from_url(own_redis.url)) as administrator:
        administrator.set("other", "kept")
        sha = porta.script_load("return redis.call('SET', 'other', 'taken')")
        with pytest.raises(redis.exceptions.ResponseError):
            porta.evalsha(sha, 0)
        assert administrator.get("other") == b"kept"


def test_without_its_password_nobody_is_it(own_redis: RedisServer, porta: redis.Redis) -> None:
    assert porta.ping()
    url = own_redis.url.replace("://", f"://{NAME}:wrong@")
    with (
        contextlib.closing(redis.Redis.from_url(url)) as client,
        pytest.raises(redis.exceptions.AuthenticationError),
    ):
        client.ping()


def test_its_patterns_are_those_of_portas_keys() -> None:
    digest = "0" * 16
    names = [
        keys.manifest("500"),
        *keys.of_run(digest).values(),
        *(keys.request(digest), keys.published(digest)),
        *(keys.stretch(digest, 0), keys.slice_of(digest, 0)),
        *(keys.RUNNERS, keys.REAPER, keys.INSTALLATION, keys.RECENT, keys.EXPIRING, keys.LIMITS),
    ]
    prefixes = tuple(pattern.removeprefix("~").removesuffix("*") for pattern in PATTERNS)
    assert all(name.startswith(prefixes) for name in names)


def test_every_command_of_the_scripts_is_among_its_rules() -> None:
    scripts = "".join(
        file.read_text()
        for file in (files("frontend.storage") / "lua").iterdir()
        if file.name != "README"
    )
    called = {name.lower() for name in re.findall(r"(?:redis\.call\(|\{ )'([A-Z]+)'", scripts)}
    assert called
    assert {f"+{name}" for name in called} <= set(RULES)
