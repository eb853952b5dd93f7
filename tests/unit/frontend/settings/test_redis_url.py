"""Claims about the URL of Redis: what is wrong with it is said at start, and not passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from redis.connection import parse_url

from frontend.errors import SettingsError
from frontend.settings import Settings
from frontend.settings.redis_url import OPTIONS, redis_url
from tests.tls import authority

if TYPE_CHECKING:
    from pathlib import Path

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
        "redis://[fe80::1%eth0]:6379",
        "redis://porta_redis-0.porta",
        "unix:///run/user@1/redis.sock",
        "unix://porta:secret@/run/redis.sock?db=2",
    ],
)
def test_a_url_that_redis_py_reads_as_it_is_meant_is_taken(url: str) -> None:
    assert redis_url(url) == url
    read = parse_url(url)  # type: ignore[no-untyped-call] # redis-py's own gap
    assert read.keys() >= OPTIONS.keys() & {part.partition("=")[0] for part in url.split("?")}


def test_a_certificate_is_loaded_with_its_key(tmp_path: Path) -> None:
    served = authority(tmp_path, "localhost")
    url = f"rediss://redis?ssl_certfile={served.of_server}&ssl_keyfile={served.key}"
    assert redis_url(url) == url
    assert parse_url(url).keys() >= {"ssl_certfile", "ssl_keyfile"}  # type: ignore[no-untyped-call] # redis-py's own gap
    with pytest.raises(ValueError, match="its key without a password"):
        redis_url(f"rediss://redis?ssl_certfile={served.of_server}")


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
        ("redis://redis?ssl_certfile=/cert.pem", "rediss://"),
        ("unix:///redis.sock?ssl_keyfile=/key.pem", "rediss://"),
        ("rediss://redis?ssl_keyfile=/key.pem", "needs ssl_certfile"),
        ("rediss://redis?ssl_certfile=/no/such.pem", "PEM files that Porta can read"),
        (f"rediss://redis?ssl_certfile={__file__}", "PEM files that Porta can read"),
        ("rediss://redis?ssl_certfile=/a%00b", "PEM files that Porta can read"),
        ("rediss://redis?ssl_certfile=", "option ssl_certfile"),
        ("redis://re dis:6379", "must name a host"),
        ("redis://re%20dis:6379", "must name a host"),
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
