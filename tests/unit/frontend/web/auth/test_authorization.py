from __future__ import annotations

import pytest
from flask import Flask

from frontend.errors import Forbidden
from frontend.settings import Settings
from frontend.web.auth import authentication
from frontend.web.auth.authorization import require_start, starts_by_looking

APP = Flask("frontend", static_folder=None)
authentication.attach(APP, Settings())


def a_look(**headers: str) -> bool:
    with APP.test_request_context("/", headers=headers):
        return starts_by_looking()


def a_change(**headers: str) -> None:
    with APP.test_request_context("/", method="POST", headers=headers, base_url="http://porta/"):
        require_start()


@pytest.mark.parametrize("site", ["none", "same-origin", "same-site"])
def test_whoever_opens_a_page_may_start_what_it_shows(site: str) -> None:
    assert a_look()
    assert a_look(**{"Sec-Fetch-Site": site, "Sec-Fetch-Dest": "document"})


@pytest.mark.parametrize("dest", ["document", "image", None])
@pytest.mark.parametrize("site", ["cross-site", "cross-site, same-origin", "", "elsewhere"])
def test_a_page_that_another_site_opens_starts_nothing(site: str, dest: str | None) -> None:
    into = {} if dest is None else {"Sec-Fetch-Dest": dest}
    assert not a_look(**{"Sec-Fetch-Site": site}, **into)


@pytest.mark.parametrize("dest", ["image", "iframe", "empty", "script", ""])
def test_a_sibling_subdomains_page_starts_nothing_by_showing_ours_within(dest: str) -> None:
    assert not a_look(**{"Sec-Fetch-Site": "same-site", "Sec-Fetch-Dest": dest})
    assert not a_look(**{"Sec-Fetch-Site": "same-site"})


def test_a_page_that_is_fetched_ahead_starts_nothing() -> None:
    assert not a_look(**{"Sec-Purpose": "prefetch;prerender"})


def test_asking_for_a_pages_headers_starts_nothing() -> None:
    with APP.test_request_context("/", method="HEAD"):
        assert not starts_by_looking()


def test_a_program_may_change_things() -> None:
    a_change()


def test_our_own_page_may_change_things() -> None:
    a_change(**{"Sec-Fetch-Site": "same-origin", "Origin": "http://porta"})
    a_change(Origin="http://porta")


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Dest": "document"},
        {"Sec-Fetch-Site": "elsewhere"},
        {"Origin": "http://elsewhere"},
        {"Origin": "http://porta:8081"},
        {"Origin": "null"},
    ],
)
def test_another_sites_page_may_change_nothing(headers: dict[str, str]) -> None:
    with pytest.raises(Forbidden, match="Another site's page"):
        a_change(**headers)
