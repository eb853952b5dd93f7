"""Stages the pages of the manual: copies the documents, and has their links lead to pages.

- docs/ is written to be read where it lies, so its links are paths in the repository. A link to a
  document becomes one to its page, a link to any other file of the repository one to a page that
  shows the file, a link to a folder one to the page of its README.md.
- A link that leads nowhere is a BrokenLink.
- A page is only written where it differs, so that a build takes up what has changed.
"""

from __future__ import annotations

import json
import os
import posixpath
import re
import shutil
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from manual.structure import ALIASES, HOUSE, sections

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["BrokenLink", "pages_of_docs", "stage"]

IMAGES: Final = frozenset({".png", ".svg"})
LANGUAGES: Final = {".py": "python", ".json": "json", ".yaml": "yaml", ".toml": "toml"}
FENCED: Final = re.compile(r"(?ms)^ *```.*?^ *```[ ]*$")
LINK: Final = re.compile(r"(\]\()([^()\s]+)(\))")
ELSEWHERE: Final = re.compile(r"[a-z][a-z0-9+.-]*:")
FENCE: Final = "~~~~~~"


class BrokenLink(Exception):
    """A document has a link to what is not there."""


def pages_of_docs(house: Path = HOUSE) -> dict[Path, str]:
    """Return the documents of the house by their paths in it, each with the name of its page."""
    docs = house / "docs"
    found = {Path(name): page for name, page in ALIASES.items() if (house / name).is_file()}
    for path in sorted(docs.rglob("*.md")):
        name = path.relative_to(docs).with_suffix("").as_posix()
        found[path.relative_to(house)] = re.sub(r"(^|/)README$", r"\1index", name)
    return found


def stage(folder: Path, generated: Mapping[str, str], house: Path = HOUSE) -> None:
    """Write all pages to a folder; `generated` are pages of the code, by their names.

    What the folder held before, and is no page now, is removed. Raises BrokenLink.
    """
    documents = pages_of_docs(house)
    written = _Written(folder)
    links = _Links(house, documents, written.image)
    texts = {page: links.followed(path, page) for path, page in documents.items()}
    texts |= {page: _shown(house, path) for path, page in links.shown.items()}
    texts |= generated
    there = frozenset(documents.values()) | generated.keys()
    texts["index"] += f"\n{_contents(there)}\n"
    if "adr/index" in texts:
        texts["adr/index"] += f"\n{_decisions(there)}\n"
    for page, text in texts.items():
        written.page(page, text)
    written.sweep()


class _Written:
    """A folder with the pages that were written to it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: set[Path] = set()

    def page(self, name: str, text: str) -> None:
        """Write a page, where it is not there already."""
        path = self._folder / f"{name}.md"
        self._names.add(path)
        if not path.is_file() or path.read_text("utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")

    def image(self, source: Path, name: str) -> None:
        """Copy a picture, with the time at which it was changed."""
        path = self._folder / name
        self._names.add(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, path)

    def sweep(self) -> None:
        """Remove what is no page now."""
        for path in self._folder.rglob("*"):
            if path.is_file() and path not in self._names:
                path.unlink()


class _Links:
    """The links of documents, and the files that they lead to: `shown` become pages too."""

    def __init__(
        self, house: Path, documents: Mapping[Path, str], copy: Callable[[Path, str], None]
    ) -> None:
        self._house = house
        self._documents = documents
        self._copy = copy
        self.shown: dict[Path, str] = {}

    def followed(self, path: Path, page: str) -> str:
        """Return the text of a document with links between pages; code is left alone."""

        def replaced(link: re.Match[str]) -> str:
            before, target, after = link.groups()
            if ELSEWHERE.match(target) or target.startswith("#"):
                return link[0]
            named, hash_, anchor = target.partition("#")
            leads_to = self._page_of(path, Path(os.path.normpath(path.parent / named)))
            relative = posixpath.relpath(leads_to, str(PurePosixPath(page).parent))
            return f"{before}{relative}{hash_}{anchor}{after}"

        text = (self._house / path).read_text("utf-8")
        code = [*FENCED.findall(text), ""]
        parts = zip(FENCED.split(text), code, strict=True)
        return "".join(LINK.sub(replaced, part) + fenced for part, fenced in parts)

    def _page_of(self, path: Path, file: Path) -> str:
        """Return the file of the manual that a link of a document leads to; raises BrokenLink."""
        for document in (file, file / "README.md"):
            if document in self._documents:
                return f"{self._documents[document]}.md"
        if file == Path("README.md"):
            return "index.md"
        if not (self._house / file).is_file():
            raise BrokenLink(f"{path} has a link to {file}, which is not there.")
        if file.suffix in IMAGES:
            name = f"_images_of/{file.as_posix()}"
            self._copy(self._house / file, name)
            return name
        self.shown[file] = f"file/{file.as_posix()}"
        return f"{self.shown[file]}.md"


def _shown(house: Path, path: Path) -> str:
    """Return the page that shows a file."""
    text = (house / path).read_text("utf-8")
    body = _cells(text) if path.suffix == ".ipynb" else _fenced(LANGUAGES.get(path.suffix), text)
    return f"---\norphan: true\n---\n\n# {path.as_posix()}\n\n{body}\n"


def _cells(notebook: str) -> str:
    """Return the cells of a notebook: its text as it is, but for the level of headings."""
    shown = []
    for cell in json.loads(notebook)["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            shown.append(_fenced("python", source))
        else:
            shown.append(re.sub(r"(?m)^#", "##", source))
    return "\n\n".join(shown)


def _fenced(language: str | None, text: str) -> str:
    stripped = text.rstrip("\n")
    return f"{FENCE}{language or 'text'}\n{stripped}\n{FENCE}"


def _contents(there: frozenset[str]) -> str:
    """Return the tree of all pages, for the first one: the sidebar shows it."""
    return "\n\n".join(
        _tree(section.pages, ":hidden:", f":caption: {section.title}")
        for section in sections(there)
    )


def _decisions(there: frozenset[str]) -> str:
    """Return the list of the decisions."""
    pages = sorted(one.removeprefix("adr/") for one in there if one.startswith("adr/0"))
    return f"## All decisions\n\n{_tree(pages, ':maxdepth: 1')}"


def _tree(pages: Iterable[str], *options: str) -> str:
    return "\n".join(("```{toctree}", *options, "", *pages, "```"))
