"""axe-core, which judges the accessibility of a page, from `node_modules` or a file that is named.

https://github.com/dequelabs/axe-core. It is read from the disk and given to the browser, so the
page's policy is as it is for readers, and nothing is asked for from elsewhere.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

INSTALLED: Final = Path(__file__).parent.parent / "node_modules" / "axe-core" / "axe.min.js"
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def source() -> str:
    """The text of axe-core; the test is skipped where there is none."""
    path = Path(os.environ.get("PORTA_TEST_AXE") or INSTALLED)
    if not path.is_file():
        pytest.skip(f"no axe-core: {path} is missing (npm ci, or PORTA_TEST_AXE=FILE)")
    return path.read_text(encoding="utf-8")


def violations(page: Page, within: str = "html") -> list[str]:
    """What axe-core finds wrong with a page, or a part of it, as it is now: rule, and elements."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(source())
    found: dict[str, Any] = page.evaluate(
        "([part, tags]) => axe.run(part, { runOnly: tags, resultTypes: ['violations'] })",
        [within, RULES],
    )
    return [
        f"{one['id']}: {node['html'][:160]} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
