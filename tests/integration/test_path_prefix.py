"""Porta behind a reverse proxy that shows it under a path, in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import httpx
import pytest
from playwright.sync_api import expect

from tests import http_client, redis_servers
from tests.installation import installed
from tests.integration.test_page import is_drawn
from tests.prefix_proxy import prefix_proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.redis_servers import RedisServer

PREFIX: Final = "/tools/porta"
RUN_MS: Final = 90_000  # a cluster starts in 3 s; the machine may be busy
RUN_STEPS: Final = 3_000_000  # more than is computed at once


@pytest.fixture(scope="module")
def asked() -> list[str]:
    """The paths that the proxy was asked for: a page doesn't see its shared worker's requests."""
    return []


@pytest.fixture(scope="module")
def shown_at(
    redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory, asked: list[str]
) -> Iterator[str]:
    redis_servers.empty(redis_server.url)
    folder = tmp_path_factory.mktemp("prefix")
    access = {"PORTA_AUTH": "none", "PORTA_TRUSTED_PROXIES": "127.0.0.1"}
    with (
        installed(redis_server.url, folder, **access) as porta,
        prefix_proxy(porta.port, PREFIX, asked) as url,
    ):
        yield url


@pytest.fixture
def requested(page: Page, shown_at: str, asked: list[str]) -> Iterator[None]:
    """What the page asks for; nothing of it is outside the prefix or fails."""
    urls: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    page.on("console", lambda message: wrong.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield
    assert [path for path in asked if not path.startswith(f"{PREFIX}/")] == []
    assert [url for url in urls if not url.startswith((f"{shown_at}/", "data:", "blob:"))] == []
    assert [line for line in wrong if not line.startswith(("log: ", "info: "))] == []


@pytest.mark.usefixtures("requested")
def test_the_form_leads_to_a_run_that_is_followed_and_drawn(
    page: Page, shown_at: str, asked: list[str]
) -> None:
    page.goto(f"{shown_at}/")
    page.get_by_label("Steps").fill(str(RUN_STEPS))
    page.get_by_role("button", name="Propagate").click()
    expect(page).to_have_url(f"{shown_at}/propagate/{RUN_STEPS}")
    is_drawn(page, RUN_MS)
    assert any(path.startswith(f"{PREFIX}/api/v1/events?ids=") for path in asked)
    page.get_by_role("link", name="Porta").click()
    expect(page).to_have_url(f"{shown_at}/")
    page.get_by_role("link", name="API", exact=True).click()
    expect(page).to_have_url(f"{shown_at}/docs")


@pytest.mark.usefixtures("requested")
def test_every_file_of_a_result_can_be_downloaded(page: Page, shown_at: str) -> None:
    page.goto(f"{shown_at}/propagate/500")
    is_drawn(page, RUN_MS)
    files = page.locator("a[download]")
    expect(files.nth(3)).to_be_visible()
    for file in files.all():
        with page.expect_download() as download:
            file.click()
        assert download.value.path().stat().st_size > 10_000


def test_a_program_follows_the_links(shown_at: str) -> None:
    with http_client.new_client() as web:
        answer = web.post(f"{shown_at}/api/v1/propagations", json={"steps": 700})
        home = httpx.URL(shown_at)
        for path in (answer.headers["Location"], *answer.json()["links"].values()):
            assert web.get(home.join(path)).status_code == httpx.codes.OK, path
