from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import porta
from frontend.domain.resource import Links
from frontend.propagations.requests import ID, ORDER_ID
from porta.addresses import Named, is_address, is_id, read_address

SERVER = "https://porta.example/sub/path"


@given(st.from_regex(ID, fullmatch=True) | st.from_regex(ORDER_ID, fullmatch=True))
def test_what_a_server_takes_as_an_id_is_one_and_its_links_name_it(name: str) -> None:
    assert is_id(name)
    links = Links.of(name, is_ensemble=True).to_json()
    assert len(links) == 8
    for link in links.values():
        assert read_address(f"{SERVER}{link}") == (SERVER, Named(name))


@given(st.text(max_size=30))
def test_nothing_else_is_an_id(text: str) -> None:
    is_one = ID.fullmatch(text) is not None or ORDER_ID.fullmatch(text) is not None
    assert is_id(text) == is_one


def test_what_an_address_says_of_the_view_is_left_out() -> None:
    url = "http://127.0.0.1:8080/propagate/500?members=9&seed=2&t0=1&frame=inertial#orbit"
    server, named = read_address(url)
    assert server == "http://127.0.0.1:8080"
    assert named.chosen == {"members": 9, "seed": 2}
    assert str(named) == "500?members=9&seed=2"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8080",
        "http://127.0.0.1:8080/propagate",
        "http://127.0.0.1:8080/propagate/007",
        "http://127.0.0.1:8080/compare/500/600",
        "http://127.0.0.1:8080/api/v1/propagations?limit=3",
        "http://[::1/propagate/500",
    ],
)
def test_an_address_of_no_result_is_refused_with_one_that_would_be(url: str) -> None:
    assert is_address(url)
    with pytest.raises(porta.ArgumentError, match="/propagate/500"):
        read_address(url)


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(porta.ArgumentError, match="member= in an address must be a whole number"):
        read_address("http://127.0.0.1:8080/propagate/500?member=first")
