from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontend.settings import parsers
from frontend.settings.redis_url import redis_url

if TYPE_CHECKING:
    from collections.abc import Callable

PARSERS = (
    pytest.param(parsers.whole_number(1, 10), id="whole_number"),
    pytest.param(parsers.choice("one", "two"), id="choice"),
    parsers.secret,
    parsers.certificates,
    parsers.header_name,
    parsers.networks,
    parsers.rate,
    parsers.duration,
    parsers.size,
    parsers.host,
    parsers.http_url,
    parsers.proxy_address,
    parsers.scheduler,
    redis_url,
    parsers.dashboard_template,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1", 1), ("90s", 90), ("90 s", 90), ("5m", 300), ("2h", 7_200), ("30d", 2_592_000)],
)
def test_a_duration_is_seconds_or_has_a_unit(text: str, seconds: int) -> None:
    assert parsers.duration(text) == seconds


@pytest.mark.parametrize("text", ["0", "-1", "1.5h", "2w", "3651d", "S", "1S"])
def test_a_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        parsers.duration(text)


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [
        ("0", 0),
        ("512", 512),
        ("1kB", 1_000),
        ("3 MB", 3_000_000),
        ("2GB", 2 * 10**9),
        ("1KiB", 1_024),
        ("256MiB", 256 * 2**20),
        ("1gib", 2**30),
    ],
)
def test_a_size_is_bytes_or_has_a_decimal_or_binary_unit(text: str, size_bytes: int) -> None:
    assert parsers.size(text) == size_bytes


@given(st.integers(-20, 20))
def test_a_whole_number_keeps_its_bounds(number: int) -> None:
    read = parsers.whole_number(0, 10)
    if 0 <= number <= 10:
        assert read(str(number)) == number
    else:
        with pytest.raises(ValueError, match="from 0 to 10"):
            read(str(number))


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("scheduler:8786", "tcp://scheduler:8786"),
        ("tls://scheduler:8786", "tls://scheduler:8786"),
        ("[::1]:8786", "tcp://[::1]:8786"),
    ],
)
def test_a_schedulers_address_gets_its_protocol(text: str, address: str) -> None:
    assert parsers.scheduler(text) == address


def test_a_network_is_written_as_one_and_a_single_address_as_a_network_of_one() -> None:
    assert parsers.networks("10.0.0.0/8, ::1,,127.0.0.1") == (
        "10.0.0.0/8",
        "::1/128",
        "127.0.0.1/32",
    )


@pytest.mark.parametrize("text", ["60/hour", "1/minute", "999/day", "none"])
def test_a_rate_is_a_number_per_time_or_none(text: str) -> None:
    assert parsers.rate(text) == text


@pytest.mark.parametrize("text", ["https://gateway/", "https://gateway"])
def test_a_url_has_no_slash_at_its_end(text: str) -> None:
    assert parsers.http_url(text) == "https://gateway"


@pytest.mark.parametrize("parse", [parsers.secret, redis_url])
def test_an_error_does_not_repeat_what_may_be_secret(parse: Callable[[str], str]) -> None:
    with pytest.raises(ValueError, match="must") as refusal:
        parse("http://:hush@x")
    assert "hush" not in str(refusal.value)


@pytest.mark.parametrize("parse", PARSERS)
@given(text=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30))
def test_any_text_is_read_or_refused_with_the_end_of_a_sentence(
    parse: Callable[[str], object], text: str
) -> None:
    error: str | None = None
    try:
        parse(text)
    except ValueError as refusal:
        error = str(refusal)
    assert error is None or error.endswith(".")
