"""Results as a table for people, and as JSON for whatever reads them next."""

from __future__ import annotations

import json
import os
import platform
import statistics
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.measure import Measure, Result

__all__ = ["failed_row", "header", "row", "spread", "write"]

_NAME_WIDTH = 56


def header() -> str:
    """Return the table's head."""
    columns = f"{'measure':{_NAME_WIDTH}} {'unit':>6} {'target':>9} {'median':>9}   {'min..max':19}"
    return f"{columns}\n{'-' * (len(columns) + 7)}"


def row(result: Result) -> str:
    """Return one line of the table."""
    low, high = result.spread
    measure = result.measure
    return (
        f"{measure.name:{_NAME_WIDTH}} {measure.unit:>6} {measure.target!s:>9} "
        f"{_short(result.median):>9}   {_short(low) + '..' + _short(high):19} "
        f"{'met' if result.is_good else 'MISSED'}"
    )


def failed_row(measure: Measure, reason: str) -> str:
    """Return the line of a measure that could not be taken."""
    return f"{measure.name:{_NAME_WIDTH}} {measure.unit:>6} {measure.target!s:>9}   {reason}"


def write(results: Sequence[Result], folder: Path) -> Path:
    """Write a run's results into a file of its own; return its path."""
    now = datetime.now(UTC)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{now:%Y%m%dT%H%M%SZ}.json"
    content = {
        "at": now.isoformat(timespec="seconds"),
        "machine": _machine(),
        "measures": [_as_json(result) for result in results],
    }
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return path


def spread(taken: Sequence[float]) -> str:
    """Return the median of some seconds, and lowest and highest behind it."""
    unit, scale = ("s", 1.0) if statistics.median(taken) >= 1 else ("ms", 1e3)
    median, low, high = (
        _short(scale * each) for each in (statistics.median(taken), min(taken), max(taken))
    )
    return f"{median} {unit} ({low} to {high})"


def _short(value: float) -> str:
    return f"{value:.3g}" if value < 1_000 else f"{value:,.0f}"  # noqa: PLR2004 - four digits


def _machine() -> dict[str, object]:
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "load_1min": os.getloadavg()[0],
    }


def _as_json(result: Result) -> dict[str, object]:
    low, high = result.spread
    return {
        "name": result.measure.name,
        "explanation": result.measure.explanation,
        "unit": result.measure.unit,
        "target": str(result.measure.target),
        "met": result.is_good,
        "median": result.median,
        "min": low,
        "max": high,
        "parts": result.parts,
        "figures": [figure.value for figure in result.figures],
    }
