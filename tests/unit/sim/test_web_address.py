from __future__ import annotations

import pytest

from sim.web_address import environment_token, is_here, is_private, is_token, split_address


@pytest.mark.parametrize(
    "url", ["", "nowhere", "ftp://x", "http://", "http://[", "http://h:port", "http://h:99999"]
)
def test_what_is_no_address_of_the_web_has_no_parts(url: str) -> None:
    assert split_address(url) is None


def test_only_what_is_here_for_certain_is_here() -> None:
    assert all(is_here(f"http://{host}") for host in ("localhost:1", "127.1.2.3", "[::1]:80"))
    assert not any(
        is_here(f"http://{host}") for host in ("localhost.example", "192.0.2.1", "[::2]")
    )
    assert is_private("https://porta.example")
    assert not is_private("http://porta.example")


def test_a_token_is_what_a_header_can_have() -> None:
    assert is_token("porta_0123456789-._~+/=")
    assert not any(map(is_token, ("", " ", "a b", "a\n", "\x7f", "ć")))
    assert environment_token({}) is None
    assert environment_token({"PORTA_TOKEN": " \n"}) is None
    assert environment_token({"PORTA_TOKEN": "abc\n"}) == "abc"
