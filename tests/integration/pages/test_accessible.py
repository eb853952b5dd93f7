"""Every page, drawn, is accessible: light and dark, wide and narrow, judged by axe-core."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from playwright.sync_api import expect

from tests import axe, redis_servers
from tests.every_page import NAMES, EveryPage, every_page
from tests.page_time import fits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.redis_servers import RedisServer

WIDE: Final = 1_280
NARROW: Final = 390


@pytest.fixture(scope="module")
def pages(
    redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EveryPage]:
    axe.source()  # skips where it is missing, before anything starts
    redis_servers.empty(redis_server.url)
    with every_page(redis_server, tmp_path_factory.mktemp("pages")) as pages:
        yield pages


@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_no_violation_light_or_dark_wide_or_narrow(
    page: Page, pages: EveryPage, name: str
) -> None:
    pages.show(page, name, "light", WIDE)
    is_accessible(page, "light", WIDE)
    page.set_viewport_size({"width": NARROW, "height": 900})
    pages.is_still(page, name)
    is_accessible(page, "light", NARROW)
    page.locator("#theme").click()
    pages.is_still(page, name)
    is_accessible(page, "dark", NARROW)
    page.set_viewport_size({"width": WIDE, "height": 900})
    pages.is_still(page, name)
    is_accessible(page, "dark", WIDE)


def is_accessible(page: Page, theme: str, width: int) -> None:
    """Check a page as it is now."""
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    fits(page, width)
    assert axe.violations(page) == []


def test_the_switch_goes_through_three_themes_and_stays(page: Page, pages: EveryPage) -> None:
    page.emulate_media(color_scheme="light")
    page.goto(pages.addresses["docs"])
    seen = []
    for _ in range(3):
        page.locator("#theme").click()
        seen.append(page.evaluate("document.documentElement.dataset.theme ?? 'auto'"))
    assert seen == ["light", "dark", "auto"]
    page.locator("#theme").click()
    page.locator("#theme").click()
    page.goto(pages.addresses["missing"])
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(14, 17, 23)"
    page.goto(pages.addresses["docs"] + "?theme=light")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(246, 247, 249)"


def test_a_run_prints_without_buttons_in_light_colours(page: Page, pages: EveryPage) -> None:
    pages.show(page, "run", "dark", 1280)
    page.emulate_media(media="print")
    expect(page.locator("button:visible, select:visible")).to_have_count(0)
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(26, 32, 48)"
    expect(page.locator("[data-orbit=base]")).to_be_visible()
    assert len(page.pdf()) > 20_000
