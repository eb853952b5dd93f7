"""Sphinx's settings for the manual; `manual.building` gives it the staged pages and the theme."""

from __future__ import annotations

import re
from importlib.metadata import version as installed
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project: Final = "Porta"
version: Final = installed("porta")
release: Final = version
language: Final = "en"
extensions: Final = ["myst_parser"]
root_doc: Final = "index"
html_theme: Final = "porta"
html_title: Final = "Porta's manual"
html_copy_source: Final = False
html_show_sourcelink: Final = False
html_use_index: Final = False
html_permalinks_icon: Final = "#"
smartquotes: Final = False
myst_heading_anchors: Final = 4
# Blocks of JSON and of commands leave out what a reader knows: "...".
suppress_warnings: Final = ["misc.highlighting_failure", "myst.header"]

# What is wider than a page is scrolled within it, by keys too.
_WIDE: Final = re.compile(r"<table\b.*?</table>", re.DOTALL)
_TABLE: Final = '<div class="scroll" tabindex="0" role="group" aria-label="Table">'


def _scrolled(
    _app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: object
) -> None:
    """Let wide tables and code be scrolled."""
    if "body" in context:
        body = _WIDE.sub(lambda table: f"{_TABLE}{table[0]}</div>", context["body"])
        context["body"] = body.replace("<pre>", '<pre tabindex="0">')


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect what this file adds; Sphinx calls it."""
    app.connect("html-page-context", _scrolled)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
