"""Porta's Helm chart: the files beside this module, written into the synthesis output.

The dashboard and the alert rules come from `charts/`, where they are to be installed by hand, too.

- The folder's name is a hash of every file, so equal input gives equal bytes at an equal path, and
  a changed chart is a changed release.
- It is the only chart of Porta in that output.
- Nothing in it is a secret: its values name Secrets.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Final

__all__ = ["ADDED", "NAME", "files", "write"]

NAME: Final = "porta"
SOURCE: Final = Path(__file__).parent
CHARTS: Final = Path(__file__).parents[3] / "charts"
ADDED: Final = {  # which templates read with .Files
    "files/porta.json": CHARTS / "grafana" / "porta.json",
    "files/porta.rules.yaml": CHARTS / "prometheus" / "porta.rules.yaml",
}
DIGITS: Final = 16  # of the hash
PATTERNS: Final = ("Chart.yaml", "values.yaml", "values.schema.json", "templates/*")


def files() -> dict[str, str]:
    """Return the texts of the chart's files by their paths in the chart."""
    paths = sorted(path for pattern in PATTERNS for path in SOURCE.glob(pattern))
    own = {path.relative_to(SOURCE).as_posix(): path for path in paths}
    return {name: path.read_text("utf-8") for name, path in (own | ADDED).items()}


def write(folder: Path) -> Path:
    """Write the chart below a folder, at a path that its content determines; return that path.

    The charts that were written there before are removed, so `*/porta` is this one.
    """
    texts = files()
    content = json.dumps(texts, sort_keys=True).encode()
    chart = folder / hashlib.sha256(content).hexdigest()[:DIGITS] / NAME
    for earlier in folder.glob(f"{'[0-9a-f]' * DIGITS}/{NAME}"):
        if earlier != chart:
            shutil.rmtree(earlier.parent)
    for name, text in texts.items():
        path = chart / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return chart
