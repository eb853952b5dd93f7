"""Porta behind a reverse proxy that shows it under a path, in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import httpx
import pytest
from playwright.sync_api import expect

from tests import redis_servers
from tests.installation import installed
from tests.prefix_proxy import prefix_proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.redis_servers import RedisServer

PREFIX: Final = "/tools/porta"
RUN_MS: Final = 90_000  # a cluster starts in 3 s; the machine may be busy
DRAWN: Final = "[data-figure=series][data-drawn]"
RUN_STEPS: Final = 3_000_000  # more than is computed at once


@pytest.fixture(scope="module")
def shown_at(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    redis_servers.empty(redis_server.url)
    folder = tmp_path_factory.mktemp("prefix")
    access = {"PORTA_AUTH": "none", "PORTA_TRUSTED_PROXIES": "127.0.0.1"}
    with (
        installed(redis_server.url, folder, **access) as porta,
        prefix_proxy(porta.port, PREFIX) as url,
    ):
        yield url


@pytest.fixture
def requested(page: Page, shown_at: str) -> Iterator[list[str]]:
    """What the page asks for; nothing of it is outside the prefix or fails."""
    urls: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    page.on("console", lambda message: wrong.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield urls
    assert [url for url in urls if not url.startswith((f"{shown_at}/", "data:", "blob:"))] == []
    assert [line for line in wrong if not line.startswith(("log: ", "info: "))] == []


def test_the_form_leads_to_a_run_that_is_followed_and_drawn(
    page: Page, shown_at: str, requested: list[str]
) -> None:
    page.goto(f"{shown_at}/")
    page.get_by_label("Steps").fill(str(RUN_STEPS))
    page.get_by_role("button", name="Propagate").click()
    expect(page).to_have_url(f"{shown_at}/propagate/{RUN_STEPS}")
    expect(page.locator(DRAWN)).to_be_visible(timeout=RUN_MS)
    assert any(url.endswith("/events") for url in requested)
    page.get_by_role("link", name="Porta").click()
    expect(page).to_have_url(f"{shown_at}/")
    page.get_by_role("link", name="API", exact=True).click()
    expect(page).to_have_url(f"{shown_at}/docs")


@pytest.mark.usefixtures("requested")
def test_every_file_of_a_result_can_be_downloaded(page: Page, shown_at: str) -> None:
    page.goto(f"{shown_at}/propagate/500")
    expect(page.locator(DRAWN)).to_be_visible(timeout=RUN_MS)
    files = page.locator("a[download]")
    assert files.count() > 3
    for file in files.all():
        with page.expect_download() as download:
            file.click()
        assert download.value.path().stat().st_size > 10_000


def test_a_program_follows_the_links(shown_at: str) -> None:
    with httpx.Client(trust_env=False) as web:
        answer = web.post(f"{shown_at}/api/v1/propagations", json={"steps": 700})
        home = httpx.URL(shown_at)
        for path in (answer.headers["Location"], *answer.json()["links"].values()):
            assert web.get(home.join(path)).status_code == httpx.codes.OK, path
