"""The pages of the reference: what the code says of itself, written as documents.

- Each page is made of what the code itself uses: click's commands, the table of operations, the
  schemas of models, the docstrings of `porta`. Nothing is written twice.
- What has no description is an Undocumented, with the names of all that lack one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from manual.reference import columns, command_line, http, presets, python, scenarios
from manual.reference.markdown import Undocumented

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["PAGES", "Undocumented", "pages"]

PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "reference/command-line": command_line.page,
    "reference/http": http.page,
    "reference/python": python.page,
    "reference/scenarios": scenarios.page,
    "reference/columns": columns.page,
    "reference/presets": presets.page,
}


def pages() -> dict[str, str]:
    """Return all pages by their names; raises Undocumented."""
    return {name: make() for name, make in PAGES.items()}
