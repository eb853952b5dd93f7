"""Pieces of documents in Markdown, and the error of what has no words to be put there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["Undocumented", "cell", "code", "require", "table"]


class Undocumented(Exception):
    """Parts of the code have no description; `names` are theirs."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(f"These have no description: {', '.join(names)}.")
        self.names = tuple(names)


def require(described: Mapping[str, str | None]) -> None:
    """Raise Undocumented for names without a description."""
    missing = [name for name, words in described.items() if not (words or "").strip()]
    if missing:
        raise Undocumented(missing)


def code(text: object) -> str:
    """Return text as code within a line."""
    return f"`{text}`"


def cell(text: object) -> str:
    """Return text for a cell of a table: on one line, its bars as text."""
    return " ".join(str(text).split()).replace("|", "\\|")


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(cell, line))} |" for line in lines)
