"""The manual, as it is built and served: in a real browser, under the policy of all pages."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest
from playwright.sync_api import expect

from manual.building import SITE
from manual.structure import HOUSE
from tests import axe, http_client, redis_servers
from tests.installation import at_work
from tests.prefix_proxy import prefix_proxy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.redis_servers import RedisServer

PREFIX: Final = "/tools/porta"
PAGES: Final = (
    "",
    "tutorial/shell.html",
    "models.html",
    "reference/http.html",
    "search.html?q=escape",
)


@pytest.fixture(scope="module")
def built() -> Path:
    """The site where the web has it, built from the documents and the code as they are."""
    done = subprocess.run(
        (sys.executable, "-m", "manual"), cwd=HOUSE, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return SITE


@pytest.fixture(scope="module")
def served(
    built: Path, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A web, behind a proxy that shows it under a path."""
    assert (built / "index.html").is_file()
    folder = tmp_path_factory.mktemp("manual")
    environ = {"REDIS_URL": redis_server.url, "PORTA_AUTH": "none"}
    environ["PORTA_TRUSTED_PROXIES"] = "127.0.0.1"  # it sends the prefix
    redis_servers.empty(redis_server.url)
    with at_work(environ, folder) as porta, prefix_proxy(porta.port, PREFIX, []) as url:
        porta.start_web()
        yield url


@pytest.fixture
def complaints(page: Page) -> Iterator[list[str]]:
    """What the browser complains of: the policy, scripts, files that are not there. Nothing."""
    found: list[str] = []
    page.on("console", lambda line: found.append(f"{line.type}: {line.text}"))
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("requestfailed", lambda request: found.append(request.url))
    yield found
    assert [line for line in found if not line.startswith(("log: ", "info: "))] == []


def test_no_page_has_a_script_or_a_style_within(built: Path) -> None:
    pages = list(built.rglob("*.html"))
    assert len(pages) > 60
    within = re.compile(r"<script>|<style| style=| on[a-z]+=\"")
    assert [path.name for path in pages if within.search(path.read_text("utf-8"))] == []


def test_every_link_leads_to_a_page_and_a_place_in_it(built: Path) -> None:
    texts = {path: path.read_text("utf-8") for path in built.rglob("*.html")}
    wrong = []
    for path, text in texts.items():
        for target in re.findall(r'<a\b[^>]*\bhref="([^"]+)"', text):
            named, _, anchor = target.partition("#")
            file = (path.parent / named.split("?")[0]).resolve() if named else path
            if ":" in named or not file.is_relative_to(built):
                continue
            there = file in texts if file.suffix == ".html" else file.is_file()
            if not there or (anchor and f'id="{anchor}"' not in texts[file]):
                wrong.append(f"{path.relative_to(built)}: {target}")
    assert wrong == []


@pytest.mark.usefixtures("complaints")
def test_a_reader_gets_from_the_first_page_to_the_manual_and_back(page: Page, served: str) -> None:
    page.goto(f"{served}/", wait_until="networkidle")  # else its pictures count as failed
    page.get_by_role("link", name="Manual", exact=True).click()
    expect(page).to_have_url(f"{served}/manual/")
    page.get_by_role("link", name="in a shell", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("in a shell")
    page.get_by_role("link", name="API", exact=True).click()
    expect(page).to_have_url(f"{served}/docs")


@pytest.mark.usefixtures("complaints")
def test_the_search_finds_a_page_offline(page: Page, served: str) -> None:
    page.goto(f"{served}/manual/")
    page.get_by_role("searchbox").fill("covariance")
    page.get_by_role("searchbox").press("Enter")
    page.locator("#search-results").get_by_role("link", name="Ensembles", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ensembles")


@pytest.mark.usefixtures("complaints")
@pytest.mark.parametrize("word", ["checkpoint", "ensemble", "files"])
def test_the_search_puts_decisions_and_changes_behind_what_a_reader_looks_for(
    page: Page, served: str, word: str
) -> None:
    page.goto(f"{served}/manual/search.html?q={word}")
    found = page.locator("#search-results li > a")
    expect(page.locator("#search-results")).to_contain_text("Search finished")
    of_the_past = [
        re.search(r"/manual/(adr/|changelog\.html)", link.evaluate("a => a.href")) is not None
        for link in found.all()
    ]
    assert of_the_past[0] is False
    assert of_the_past[-1] is True
    assert of_the_past == sorted(of_the_past)


@pytest.mark.usefixtures("complaints")
@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_are_accessible_and_fit(page: Page, served: str, theme: str, width: int) -> None:
    axe.source()  # skips where it is missing
    page.set_viewport_size({"width": width, "height": 900})
    for name in PAGES:
        page.goto(f"{served}/manual/{name}{'&' if '?' in name else '?'}theme={theme}")
        assert page.evaluate("document.documentElement.dataset.theme") == theme
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert axe.violations(page) == [], name


def test_the_files_are_kept_by_a_browser_until_they_change(served: str) -> None:
    first = http_client.get(f"{served}/manual/models.html")
    assert first.status_code == 200
    again = http_client.get(first.url, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
