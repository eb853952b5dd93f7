from __future__ import annotations

import pytest

import porta
from porta.execution.server import LinkedServer, Server
from sim.web_address import TOKEN_VARIABLE


@pytest.mark.parametrize(
    "url",
    [
        *("127.0.0.1:8080", "ftp://porta.example", "http://", "", "redis://localhost"),
        *("http://[::1", "http://porta.example:99999", "http://porta.example:port"),
    ],
)
def test_what_is_no_address_is_refused_with_one(url: str) -> None:
    with pytest.raises(porta.ArgumentError, match=r"such as 'http://127\.0\.0\.1:8080'"):
        Server(url)


@pytest.mark.parametrize("url", ["http://ada:secret@porta.example", "http://porta.example?token=x"])
def test_a_token_is_not_taken_from_an_address(url: str) -> None:
    with pytest.raises(porta.ArgumentError, match="token="):
        Server(url)


def test_a_path_belongs_to_the_address_and_a_slash_at_its_end_does_not() -> None:
    assert Server("https://porta.example/orbits/").url == "https://porta.example/orbits"
    assert Server("https://porta.example/orbits/").host == "porta.example"


def test_a_token_is_not_shown_and_one_that_is_given_wins_over_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    assert Server("https://porta.example").bearer is None
    monkeypatch.setenv(TOKEN_VARIABLE, "from-the-environment")
    assert Server("https://porta.example").bearer == "from-the-environment"
    assert Server("http://porta.example", token="given").bearer == "given"  # noqa: S106
    assert "given" not in repr(Server("http://porta.example", token="given"))  # noqa: S106


@pytest.mark.parametrize(
    ("url", "is_sent"),
    [
        ("https://porta.example", True),
        ("HTTPS://porta.example", True),
        ("http://localhost:8080", True),
        ("http://127.0.0.1:8080", True),
        ("http://[::1]:8080", True),
        ("http://porta.example", False),
        ("http://192.0.2.1", False),
        ("http://localhost.example", False),
        ("http://127.0.0.1.example", False),
    ],
)
def test_a_token_of_the_environment_is_not_sent_in_clear_text(
    monkeypatch: pytest.MonkeyPatch, url: str, *, is_sent: bool
) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, "secret")
    assert Server(url).bearer == ("secret" if is_sent else None)
    assert ("in clear text" in Server(url).token_advice) != is_sent
    assert Server(url, token="given").bearer == "given"  # noqa: S106
    monkeypatch.delenv(TOKEN_VARIABLE)
    assert Server(url).token_advice.startswith("Give a token")


@pytest.mark.parametrize(
    ("url", "is_sent"),
    [
        ("https://porta.example", False),
        ("http://porta.example", False),
        ("https://localhost.example", False),
        ("http://localhost:8080", True),
        ("https://127.0.0.1:8080", True),
    ],
)
def test_a_token_of_the_environment_is_not_sent_to_where_a_link_leads(
    monkeypatch: pytest.MonkeyPatch, url: str, *, is_sent: bool
) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, "secret")
    linked = LinkedServer(url)
    assert linked.bearer == ("secret" if is_sent else None)
    assert ("not sent to where a link leads" in linked.token_advice) != is_sent
    assert f"porta.Server({url!r}, token=...)" in linked.token_advice or is_sent


BAD = ["se cret", "se\ncret", "secret\x00", "se\u0107ret", "se\u20acret"]


@pytest.mark.parametrize("token", BAD)
def test_a_token_that_no_header_can_have_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    url = "https://porta.example"
    with pytest.raises(porta.ArgumentError, match="token must be of printable ASCII") as given:
        Server(url, token=token)
    assert "ret" not in str(given.value)
    if "\x00" in token:
        return  # which no variable can have
    monkeypatch.setenv(TOKEN_VARIABLE, token)
    with pytest.raises(porta.ArgumentError, match="PORTA_TOKEN must be of printable") as found:
        _ = Server(url).bearer
    assert "ret" not in str(found.value)


def test_white_space_around_a_token_is_left_out_and_an_empty_variable_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = "https://porta.example"
    assert Server(url, token=" abc\n").bearer == "abc"  # noqa: S106
    monkeypatch.setenv(TOKEN_VARIABLE, "abc\n")
    assert Server(url).bearer == "abc"
    for empty in ("", " \n"):
        monkeypatch.setenv(TOKEN_VARIABLE, empty)
        assert Server(url).bearer is None
        assert "in clear text" not in Server("http://porta.example").token_advice
        with pytest.raises(porta.ArgumentError, match="token must be"):
            Server(url, token=empty)
    with pytest.raises(porta.ArgumentTypeError, match="not of type bytes"):
        Server(url, token=b"abc")  # type: ignore[arg-type]
