"""What a page does in a browser that it should not: messages, errors, requests to other servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page, Request


class Complaints:
    """Whatever a page does that it should not, from now on."""

    def __init__(self, page: Page, home: str) -> None:
        self.all: list[str] = []
        self._home = home
        self.watch(page)

    def watch(self, page: Page) -> None:
        """Watch another page, too."""
        page.on("console", lambda message: self.all.append(message.text))
        page.on("pageerror", lambda error: self.all.append(str(error)))
        page.on("request", self._request)

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self._home, "data:", "blob:")):
            self.all.append(request.url)
