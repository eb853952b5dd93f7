#!/usr/bin/env python3

"""Draws the parts of ARCHITECTURE.md that follow from the code: the figures and the tables.

    make architecture

Between `<!-- NAME -->` and `<!-- /NAME -->` it writes the arrows between packages, as grimp reads
them from the imports, and the modules with the first paragraph of their docstrings. With --check it
writes nothing, and exits with 1 where the document is out of date.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import grimp

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUSE: Final = Path(__file__).parents[1]
DOCUMENT: Final = HOUSE / "ARCHITECTURE.md"
PACKAGES: Final = ("frontend", "porta", "sim")
PART: Final = re.compile(r"(?s)(<!-- ([\w ./-]+) -->\n).*?(<!-- /\2 -->)")
PARTS: Final = {
    *(f"figure {name}" for name in ("porta", "frontend", "frontend.web", "sim")),
    *(f"table {name}" for name in ("services/porta", "services/sim", "services/frontend", "infra")),
}

Arrows = set[tuple[str, str]]


def room_of(module: str, container: str) -> str | None:
    """Return the name of the package or module of `container` that holds a module."""
    if not module.startswith(f"{container}."):
        return "sim" if module == "sim" or module.startswith("sim.") else None
    return module.removeprefix(f"{container}.").split(".")[0]


def arrows(graph: grimp.ImportGraph, container: str) -> Arrows:
    """Return the imports between the rooms of a container, and from them to `sim`."""
    found: Arrows = set()
    for importer in graph.modules:
        if not importer.startswith(f"{container}."):
            continue
        for imported in graph.find_modules_directly_imported_by(importer):
            pair = (room_of(importer, container), room_of(imported, container))
            if None not in pair and pair[0] != pair[1]:
                found.add(pair)  # type: ignore[arg-type] # neither is None
    return found


def reduced(all_arrows: Arrows) -> Arrows:
    """Leave out each arrow that a path of others implies."""
    rooms = {room for arrow in all_arrows for room in arrow}
    reach = set(all_arrows)
    for middle, start, end in permutations(sorted(rooms), 3):
        if (start, middle) in reach and (middle, end) in reach:
            reach.add((start, end))
    implied = {
        (start, end)
        for start, end in all_arrows
        if any((start, m) in all_arrows and (m, end) in reach for m in rooms - {start, end})
    }
    return all_arrows - implied


def contract(container: str) -> list[list[str]]:
    """Return the layers of a container, from the top, as import-linter keeps them."""
    project = tomllib.loads((HOUSE / "pyproject.toml").read_text())
    contracts: list[dict[str, Any]] = project["tool"]["importlinter"]["contracts"]
    (layers,) = (one["layers"] for one in contracts if one.get("containers") == [container])
    return [[name.strip() for name in re.split(r"[|:]", layer)] for layer in layers]


def figure(graph: grimp.ImportGraph, container: str) -> str:
    """Draw a container's rooms in their layers, with the arrows that no path implies."""
    lines = ["```mermaid", "flowchart TD"]
    for layer in contract(container):
        lines += [f'    {name}["{name}"]' for name in layer]
    if container != "sim":
        lines.append('    sim[("sim")]')
    lines += [f"    {start} --> {end}" for start, end in sorted(reduced(arrows(graph, container)))]
    return "\n".join([*lines, "```"])


def purpose(path: Path) -> str:
    """Return the first paragraph of a module's docstring, without its full stop."""
    text = ast.get_docstring(ast.parse(path.read_text())) or ""
    return text.split("\n\n")[0].replace("\n", " ").removesuffix(".")


def table(folder: str) -> str:
    """List a folder's modules, those of its packages after its own."""
    rows = ["| file | purpose |", "|---|---|"]
    root = HOUSE / folder
    rows += [f"| `{name}` | {purpose(path)} |" for name, path in modules(root)]
    return "\n".join(rows)


def modules(root: Path) -> Iterator[tuple[str, Path]]:
    """Yield a package, its modules, and then its packages in the same way."""
    base = HOUSE / "services" if HOUSE / "services" in root.parents else HOUSE
    name = str(root.relative_to(base))
    if (root / "__init__.py").exists():
        yield f"{name}/", root / "__init__.py"
    for path in sorted(root.glob("*.py")):
        if path.name not in {"__init__.py", "__main__.py"}:
            yield f"{name}/{path.name}", path
    for package in sorted(path.parent for path in root.glob("*/__init__.py")):
        yield from modules(package)


def drawn(document: str) -> str:
    """Return the document with its parts as the code has them now."""
    missing = PARTS - {match[2] for match in PART.finditer(document)}
    if missing:
        raise SystemExit(f"{DOCUMENT.name} lacks the parts {', '.join(sorted(missing))}.")
    graph = grimp.build_graph(*PACKAGES)

    def part(match: re.Match[str]) -> str:
        kind, _, subject = match[2].partition(" ")
        text = figure(graph, subject) if kind == "figure" else table(subject)
        return f"{match[1]}{text}\n{match[3]}"

    return PART.sub(part, document)


def main() -> int:
    """Write the document, or check it."""
    before = DOCUMENT.read_text()
    after = drawn(before)
    if "--check" in sys.argv[1:]:
        return int(before != after)
    DOCUMENT.write_text(after)
    return 0


if __name__ == "__main__":
    sys.exit(main())
