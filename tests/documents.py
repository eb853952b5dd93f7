"""The commands and snippets of README.md and docs/, as a reader would run them, for their test.

- A document's blocks of `sh` and `python` are run in their order, in a folder of the document's
  own. Blocks of Python share their names, as in one session.
- Nothing is changed but what SHORTER says, and the address of the server.
- What can't be run is in DOCUMENTS_LEFT_OUT or LINES_LEFT_OUT, each with its reason.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Final

__all__ = [
    "ADDRESS",
    "DOCUMENTS",
    "DOCUMENTS_LEFT_OUT",
    "HOUSE",
    "LINES_LEFT_OUT",
    "SHORTER",
    "Snippet",
    "snippets_of",
]

HOUSE: Final = Path(__file__).parents[1]
LANGUAGES: Final = ("sh", "python")
ADDRESS: Final = re.compile(r"(?:localhost|127\.0\.0\.1):8080")
BLOCK: Final = re.compile(r"(?ms)^( *)```(\w+)\n(.*?)^ *```[ ]*$")

DOCUMENTS_LEFT_OUT: Final = {
    "docs/deploy.md": "needs a Kubernetes cluster: make cluster-test runs its commands there",
    "docs/beside-rebound.md python": "tests/numerics/test_beside_rebound.py runs the same programs",
    "docs/elsewhere.md python": "tests/integration/test_porta.py runs it, on a real Gateway too",
    "docs/ensembles.md python": "tests/unit/test_ensembles.py runs it, and checks its results",
}
LINES_LEFT_OUT: Final = {
    "make run": "serves until Ctrl-C: tests/integration/test_embedded.py starts what it starts",
    "make test": "runs this test",
    "make setup image": "builds images: tests/integration/test_image.py does",
    "minikube ": "needs a Kubernetes cluster",
    "cdktf ": "needs a Kubernetes cluster",
    "porta verify 100000000": "needs a stored run: tests/unit/frontend/cli/test_verify.py",
    "porta export 100000000": "needs a stored run: tests/unit/frontend/cli/test_export.py",
    "generate |": "a program of the reader's own",
    'eval "$(_PORTA_COMPLETE=': "for interactive shells: tests/unit/frontend/cli/test_main.py",
    "_PORTA_COMPLETE=fish_source": "the same",
    'export PATH="$PWD/.venv/bin': "each block has this path already",
}
"""The beginnings of lines that are not run, with the reason, and with what tests them instead."""

SHORTER: Final = {
    "--members 10000": "--members 50",
    "--members 2000": "--members 200",
    "members=2_000": "members=200",
    '"members": 10000': '"members": 50',
    "members=10_000": "members=50",
    "5000000 --workers": "300000 --workers",
    "5_000_000 --workers": "300000 --workers",
}
"""What would take long is run with fewer members or steps; nothing else about it changes."""

TOOLS: Final = ("jq",)
"""Programs that documents use and Porta does not bring; lines with one are run where it is."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """A block of a document: where it stands, and what is run of it."""

    document: str
    line: int
    language: str
    text: str

    @property
    def place(self) -> str:
        """Where it stands, for a report."""
        return f"{self.document}:{self.line}"


def _documents() -> tuple[str, ...]:
    docs = HOUSE / "docs"
    paths = [HOUSE / "README.md", *sorted(docs.glob("*.md")), *sorted(docs.glob("*/*.md"))]
    names = [path.relative_to(HOUSE).as_posix() for path in paths]
    return tuple(name for name in names if snippets_of(name))


def snippets_of(document: str) -> list[Snippet]:
    """Return what is run of a document."""
    text = (HOUSE / document).read_text("utf-8")
    found = []
    for block in BLOCK.finditer(text):
        language = block[2]
        left_out = {document, f"{document} {language}"} & DOCUMENTS_LEFT_OUT.keys()
        if language not in LANGUAGES or left_out:
            continue
        line = text.count("\n", 0, block.start()) + 1
        if runnable := _runnable(dedent(block[3])):
            found.append(Snippet(document, line, language, runnable))
    return found


def _runnable(text: str) -> str:
    """Return the lines of a block that are run, made shorter; empty where there is none."""
    lines = [line for line in text.splitlines() if not line.startswith(tuple(LINES_LEFT_OUT))]
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    lines = [line for line in lines if not any(f"| {tool}" in line for tool in missing)]
    kept = "\n".join(lines)
    for long, short in SHORTER.items():
        kept = kept.replace(long, short)
    return kept if kept.strip() else ""


DOCUMENTS: Final = _documents()
"""The documents that have something to run, by their paths."""
