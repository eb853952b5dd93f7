"""What Porta's chart gives a pod of the web."""

from __future__ import annotations

from pathlib import Path

import yaml

import infra.charts.porta
from infra.settings import quantities


def web_memory_limit() -> int:
    """The bytes that a pod of the web may have, by the chart's defaults."""
    text = (Path(infra.charts.porta.__file__).parent / "values.yaml").read_text()
    limit = yaml.safe_load(text)["web"]["resources"]["limits"]["memory"]
    return int(quantities.mebibytes(limit)) * 2**20
