"""Sharing a run, in a real browser and with real commands: link, card, and ways to reproduce it."""

from __future__ import annotations

import io
import os
import re
import subprocess
from typing import TYPE_CHECKING, Final

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests import axe
from tests.installation import Installation, at_work
from tests.prefix_proxy import prefix_proxy
from tests.processes import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page

    from tests.redis_servers import RedisServer

PREFIX: Final = "/tools/porta"
STEPS: Final = 5_000
LISTEN: Final = """() => {
  window.said = [];
  const place = document.querySelector('[data-said]');
  const heard = new MutationObserver(() => window.said.push(place.textContent));
  heard.observe(place, { childList: true });
}"""


@pytest.fixture(scope="module")
def web(
    redis_of_its_own: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    environ = {"REDIS_URL": redis_of_its_own.url, "PORTA_TRUSTED_PROXIES": "127.0.0.1"}
    with at_work(environ, tmp_path_factory.mktemp("share")) as installation:
        installation.start_web()
        yield installation


@pytest.fixture
def shared(page: Page, browser: BrowserContext, web: Installation) -> Page:
    """The page of a result, in a browser that may use the clipboard."""
    browser.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{web.url}/propagate/{STEPS}")
    expect(page.get_by_role("button", name="Copy link")).to_be_visible()
    page.evaluate(LISTEN)
    return page


def says_copied(page: Page) -> None:
    """Wait until it was said, however soon it is taken away again."""
    eventually(lambda: "Copied" in page.evaluate("window.said"))


def clipboard(page: Page) -> str:
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def test_the_link_that_is_copied_has_all_that_is_looked_at(shared: Page) -> None:
    shared.evaluate(
        "history.replaceState(null, '', location.pathname + '?window=1,2&about=inertial')"
    )
    shared.get_by_role("button", name="Copy link").click()
    says_copied(shared)
    assert clipboard(shared) == shared.url
    assert clipboard(shared).endswith(f"/propagate/{STEPS}?window=1,2&about=inertial")


def test_a_page_without_https_copies_too(shared: Page) -> None:
    shared.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    shared.get_by_role("button", name="Copy link").click()
    says_copied(shared)


def test_ways_to_reproduce_a_run_open_and_close_by_keyboard(shared: Page) -> None:
    summary = shared.locator(".share summary")
    summary.focus()
    shared.keyboard.press("Enter")
    expect(shared.get_by_role("region", name="curl")).to_be_visible()
    assert axe.violations(shared, ".share") == []
    shared.keyboard.press("Escape")
    expect(shared.get_by_role("region", name="curl")).to_be_hidden()
    expect(summary).to_be_focused()


def test_they_open_by_touch_on_a_phone_and_close_beside(shared: Page) -> None:
    shared.set_viewport_size({"width": 360, "height": 740})
    shared.locator(".share summary").click()
    expect(shared.locator(".recipes")).to_be_visible()
    box = shared.locator(".recipes").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    shared.get_by_role("heading", level=1).click()
    expect(shared.locator(".recipes")).to_be_hidden()


def test_what_is_copied_for_a_shell_gets_the_records_of_this_run(
    shared: Page, web: Installation, tmp_path: Path
) -> None:
    shared.locator(".share summary").click()
    shared.get_by_role("button", name="Copy: curl").click()
    says_copied(shared)
    done = subprocess.run(  # noqa: S603 - the text under test
        ["/bin/sh", "-c", clipboard(shared)],
        cwd=tmp_path,
        env={**os.environ, "NO_PROXY": "*"},
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    with web.client() as client:
        found = client.get(f"/api/v1/propagations/{STEPS}").json()
    records = (tmp_path / "orbit.csv").read_text(encoding="utf-8").count("\n") - 1
    assert records == found["statistics"]["records"]


def meta(html: str, name: str) -> str:
    found = re.search(rf'<meta property="{name}" content="([^"]*)">', html)
    assert found is not None, name
    return found[1]


def test_the_card_is_at_a_whole_address_behind_a_proxy_with_a_prefix(web: Installation) -> None:
    with prefix_proxy(web.port, PREFIX) as url, web.client() as client:
        html = client.get(f"{url}/propagate/{STEPS}").text
        address = meta(html, "og:image")
        assert address == f"{url}/propagate/{STEPS}/card.png"
        picture = client.get(address)
    assert picture.headers["Content-Type"] == "image/png"
    assert Image.open(io.BytesIO(picture.content)).size == (1_200, 630)


def test_the_card_of_method_and_accuracy_says_how_to_verify_it(shared: Page) -> None:
    card = shared.locator(".method")
    expect(card.get_by_role("heading", name="Method and accuracy")).to_be_visible()
    expect(card.get_by_role("row", name="Energy")).to_contain_text("%")
    expect(card).to_contain_text("at once, in the web process")
    with_checksum = card.locator("code").first
    expect(with_checksum).to_have_text(re.compile("^[0-9a-f]{64}$"))
    expect(card).to_contain_text("bit for bit")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_that_is_not_there_says_so_and_is_accessible(
    page: Page, web: Installation, scheme: str
) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two
    page.goto(f"{web.url}/nowhere")
    expect(page.get_by_role("heading", level=1)).to_have_text("Page not found")
    assert axe.violations(page) == []
    page.goto(f"{web.url}/propagate/0")
    expect(page.get_by_role("heading", level=1)).to_have_text("Invalid request")
    page.goto(f"{web.url}/docs")
    assert axe.violations(page) == []
