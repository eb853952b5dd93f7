"""Takes pictures of every page, light and dark, at 1,280 and 390 pixels: `make screenshots`.

They are for eyes: `screenshots/NAME-THEME-WIDTH.png`, whole pages. `--readme FILE` writes the one
picture of README instead.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.every_page import NAMES, every_page
from tests.integration.conftest import BROWSER_FLAGS, BROWSERS
from tests.redis_servers import embedded_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.every_page import EveryPage

FOLDER: Final = Path(__file__).parent.parent / "screenshots"
THEMES: Final = ("light", "dark")
WIDTHS: Final = (1280, 390)
PHONE: Final = 600  # a width below this is a phone's, with touch
COLOURS: Final = 255


def take(browser: Browser, pages: EveryPage, names: tuple[str, ...]) -> None:
    """Write the pictures of these pages."""
    for width in WIDTHS:
        context = browser.new_context(has_touch=width < PHONE, is_mobile=width < PHONE)
        for name in names:
            for theme in THEMES:
                page = context.new_page()
                pages.show(page, name, theme, width)
                page.screenshot(path=FOLDER / f"{name}-{theme}-{width}.png", full_page=True)
                page.close()
        context.close()


def take_one(browser: Browser, pages: EveryPage, file: Path) -> None:
    """Write the picture that shows what Porta is: a run, in few colours."""
    context = browser.new_context(device_scale_factor=1)
    page = context.new_page()
    pages.show(page, "run", "dark", 1280)
    below = page.locator(".plots").evaluate(
        "plots => plots.getBoundingClientRect().bottom + scrollY"
    )
    page.screenshot(
        path=file, full_page=True, clip={"x": 0, "y": 0, "width": 1280, "height": below + 16}
    )
    Image.open(file).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(
        file, optimize=True
    )


def main() -> None:
    """Start what is shown, and a browser."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=NAMES, metavar="page", help=", ".join(NAMES))
    parser.add_argument("--readme", type=Path, metavar="FILE")
    wanted = parser.parse_args()
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        raise SystemExit(f"No browser: none of {', '.join(BROWSERS)} is on the PATH.")
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        embedded_server() as server,
        every_page(server, Path(folder)) as pages,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=path, args=list(BROWSER_FLAGS)) as browser,
    ):
        if wanted.readme:
            take_one(browser, pages, wanted.readme)
        else:
            take(browser, pages, tuple(wanted.names))


if __name__ == "__main__":
    main()
