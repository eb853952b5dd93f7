"""Claims about the URL of Redis: what is wrong with it is said at start, and not passed over."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from redis.connection import parse_url

from frontend.errors import SettingsError
from frontend.settings import Settings
from frontend.settings.redis_url import OPTIONS, redis_url

PASSWORD = "pa/s?s#w[o]r@d%"  # noqa: S105 - not a secret


@pytest.mark.parametrize(
    "url",
    [
        "redis://redis",
        "redis://redis/",
        "redis://redis:6380/15",
        "redis://[::1]:6379/0?protocol=3",
        "redis://redis?db=3&protocol=2",
        f"rediss://porta:{quote(PASSWORD, safe='')}@redis:6380/1",
        "rediss://redis?ssl_certfile=/cert.pem&ssl_keyfile=/key.pem",
        "unix:///run/user@1/redis.sock",
        "unix://porta:secret@/run/redis.sock?db=2",
    ],
)
def test_a_url_that_redis_py_reads_as_it_is_meant_is_taken(url: str) -> None:
    assert redis_url(url) == url
    read = parse_url(url)  # type: ignore[no-untyped-call] # redis-py's own gap
    assert read.keys() >= OPTIONS.keys() & {part.partition("=")[0] for part in url.split("?")}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("redis://redis/porta", "number of a database"),
        ("redis://redis/0/1", "number of a database"),
        ("redis://redis/-1", "number of a database"),
        ("redis://redis/0?db=1", "twice"),
        ("redis://redis?db=porta", "option db"),
        ("redis://redis?decode_responses=True", "option decode_responses"),
        ("redis://redis?socket_timeout=60", "option socket_timeout"),
        ("rediss://redis?ssl_cert_reqs=none", "option ssl_cert_reqs"),
        ("redis://redis?protocol=4", "option protocol"),
        ("redis://redis?protocol=3&protocol=2", "twice"),
        ("redis://redis?mystery", "option mystery"),
        ("redis://:se/cret@redis:6379/0", "%2F"),
        ("redis://:9/secret@redis:6379/0", "%2F"),
        ("redis://:se?cret@redis:6379/0", "%3F"),
        ("redis://:se#cret@redis:6379/0", "%23"),
        ("redis://:se[cret@redis:6379/0", "%5B"),
        ("redis://redis:porta", "%2F"),
        ("redis://:6379/0", "host"),
        ("redis://redis:0/0", "host"),
        ("unix://run/redis.sock", "absolute path"),
        ("unix://porta:se/cret@/run/redis.sock", "%2F"),
        ("unix:///", "absolute path"),
        ("http://:secret@redis", "redis://"),
    ],
)
def test_a_url_with_a_mistake_stops_the_start_with_a_sentence_that_names_it(
    url: str, words: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environ({"REDIS_URL": url})
    assert caught.value.variable == "REDIS_URL"
    assert words in caught.value.detail
    assert caught.value.detail.endswith(".")
    assert "cret" not in caught.value.detail
