"""What integration tests may ask for: Redis in a container where possible, and a real browser.

The end of the report says which Redis it was. With `PORTA_TEST_DOCKER=required` only the
container will do; without it a machine without Docker tests with the embedded server. In CI a
missing browser is an error; elsewhere its tests are skipped, with the reason.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from playwright.sync_api import expect, sync_playwright

from tests import redis_servers
from tests.deadlines import ANSWER_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _pytest.terminal import TerminalReporter
    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.redis_servers import RedisServer

FOLDER: Final = Path(__file__).parent
ANSWER_MS: Final = 1_000 * ANSWER_S
REDIS_KIND: Final = pytest.StashKey[str]()
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER_FLAGS: Final = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",  # Chromium has no sandbox for root, which CI is
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever lies in this folder is an integration test."""
    for item in items:
        if item.path.is_relative_to(FOLDER):
            item.add_marker(pytest.mark.integration)


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    if (kind := config.stash.get(REDIS_KIND, None)) is not None:
        terminalreporter.section("servers")
        terminalreporter.write_line(f"Redis: {kind}")


@pytest.fixture(scope="session")
def redis_image() -> str | None:
    """The image that Redis containers are made of; None where the embedded server must do."""
    try:
        return redis_servers.container_image()
    except redis_servers.NoContainer as reason:
        if os.environ.get("PORTA_TEST_DOCKER") == "required":
            pytest.fail(f"PORTA_TEST_DOCKER=required, but {reason}", pytrace=False)
        return None


@pytest.fixture(scope="session")
def redis_server(redis_image: str | None, pytestconfig: pytest.Config) -> Iterator[RedisServer]:
    """The session's Redis: a container, else embedded."""
    with redis_servers.server(redis_image) as server:
        pytestconfig.stash[REDIS_KIND] = server.kind
        yield server


@pytest.fixture
def own_redis(redis_image: str | None) -> Iterator[RedisServer]:
    """A Redis of the test's own, to kill, restart, pause and resume."""
    with redis_servers.server(redis_image) as server:
        yield server


@pytest.fixture(scope="module")
def redis_of_its_own(redis_image: str | None) -> Iterator[RedisServer]:
    """A server for a module that kills, freezes and fills it."""
    with redis_servers.server(redis_image) as server:
        yield server


@pytest.fixture(scope="session")
def browser_path() -> str:
    """The machine's Chromium."""
    for name in BROWSERS:
        if (path := shutil.which(name)) is not None:
            return path
    reason = f"no browser: none of {', '.join(BROWSERS)} is on the PATH (apt-get install chromium)"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def chromium(browser_path: str) -> Iterator[Browser]:
    """A headless Chromium for the tests of a file, which have a context of it each.

    Not for those of the session: while it is there, no event loop can be run beside it.
    """
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(
            executable_path=browser_path, headless=True, args=list(BROWSER_FLAGS)
        ) as chromium,
    ):
        expect.set_options(timeout=ANSWER_MS)  # by default 5 s, as a quiet machine needs
        yield chromium


@pytest.fixture
def browser(chromium: Browser) -> Iterator[BrowserContext]:
    """A new profile, with nothing of another test's in it; `browser.new_page()` opens a page."""
    with chromium.new_context(viewport={"width": 1280, "height": 900}) as context:
        context.set_default_timeout(ANSWER_MS)
        yield context


@pytest.fixture
def page(browser: BrowserContext) -> Page:
    """A blank page of `browser`."""
    return browser.new_page()
