"""The order of the manual: which page stands in which section (Diátaxis), and where it comes from.

A document of docs/ that no section names is a guide, so that none is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["ALIASES", "HOUSE", "SECTIONS", "Section", "sections"]

HOUSE: Final = Path(__file__).parents[1]
ALIASES: Final = {
    "ARCHITECTURE.md": "architecture",
    "CHANGELOG.md": "changelog",
    "CONTRIBUTING.md": "contributing",
}
"""Documents outside docs/ that are pages too, by the names that their pages have."""


@dataclass(frozen=True, slots=True)
class Section:
    """Pages that answer one kind of question, in the order in which they are read."""

    title: str
    pages: tuple[str, ...]


GUIDES: Final = "How to"
SECTIONS: Final = (
    Section("Tutorial", ("tutorial/browser", "tutorial/shell", "tutorial/python")),
    Section(
        GUIDES,
        (
            "command-line",
            "ensembles",
            "elsewhere",
            "data-tools",
            "ccsds",
            "notebooks",
            "operations",
            "deploy",
            "scaling",
            "image",
            "contributing",
        ),
    ),
    Section(
        "Reference",
        (
            "reference/index",
            "reference/command-line",
            "reference/http",
            "reference/python",
            "reference/scenarios",
            "reference/columns",
            "reference/presets",
            "configuration",
            "changelog",
        ),
    ),
    Section(
        "Explanation",
        (
            "models",
            "virtual-results",
            "performance",
            "comparison",
            "beside-rebound",
            "security",
            "architecture",
            "adr/index",
        ),
    ),
)


def sections(there: frozenset[str]) -> tuple[Section, ...]:
    """Return the sections with the pages that there are; `there` are names of documents."""
    named = {page for section in SECTIONS for page in section.pages}
    others = tuple(sorted(one for one in there - named - {"index"} if "/" not in one))
    return tuple(
        Section(
            section.title,
            (
                *(page for page in section.pages if page in there),
                *(others * (section.title == GUIDES)),
            ),
        )
        for section in SECTIONS
    )
