"""Waiting by a page's own clock: a busy machine delays the page and the test alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.processes import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Page

PAUSE: Final = "(ms) => new Promise((done) => setTimeout(done, ms))"
FRAMES: Final = """() => new Promise(
  (done) => requestAnimationFrame(() => requestAnimationFrame(done)))"""


def passes(page: Page, ms: int) -> None:
    """Let milliseconds pass in a page: its timers that are due before have fired."""
    page.evaluate(PAUSE, ms)


def is_painted(page: Page) -> None:
    """Wait until a page has painted what it was to paint at its next frame."""
    page.evaluate(FRAMES)


def fits(page: Page, width: int) -> None:
    """Wait until a page is no wider than its window."""
    eventually(lambda: page.evaluate("document.documentElement.scrollWidth") <= width)
