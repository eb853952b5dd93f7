"""Porta's chart as Helm renders it, for given values or settings."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from infra.charts.porta import chart, values

if TYPE_CHECKING:
    from infra.settings import Settings

__all__ = ["Objects", "named", "objects", "render"]

helm = pytest.importorskip("helm_python")  # Helm itself, which comes for Linux

Objects = list[dict[str, Any]]


def render(chart_values: dict[str, Any], namespace: str) -> Objects:
    """Return the objects that an installation with these values consists of."""
    with TemporaryDirectory() as folder, helm.Chart.load(str(chart.write(Path(folder)))) as loaded:
        files = loaded.render(chart_values, name=chart.NAME, namespace=namespace)
    manifests = [text for path, text in sorted(files.items()) if path.endswith(".yaml")]
    return [found for text in manifests for found in yaml.safe_load_all(text) if found]


@cache
def objects(settings: Settings) -> Objects:
    """Return the objects that the settings install; they are shared: do not change them."""
    return render(values.of(settings), settings.namespace)


def named(found: Objects, kind: str) -> dict[str, dict[str, Any]]:
    """Return the objects of a kind by their names."""
    return {item["metadata"]["name"]: item for item in found if item["kind"] == kind}
