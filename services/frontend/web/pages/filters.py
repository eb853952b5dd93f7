"""The Jinja filters that write values for people: counts, figures, units, times, sizes.

A narrow no-break space (U+202F) joins a number to its unit, so that no line breaks between them.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.models.labels import Labels

__all__ = ["FILTERS", "count", "elapsed", "figure", "label_words", "size", "unit", "utc_time"]

NARROW: Final = "\u202f"
NOTHING: Final = "\u2013"  # an en dash: unknown, or not applicable
_RAISED: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_MINUTE_S: Final = 60
_HOUR_S: Final = 3_600
_STEP: Final = 1_000


def count(number: int | None) -> str:
    """Write a count with its digits in groups: 1,000,000."""
    return NOTHING if number is None else f"{number:,}"


def figure(value: object, digits: int = 6) -> str:
    """Write a measured number with this many significant digits, and a typographic minus sign."""
    if not isinstance(value, int | float):
        return NOTHING
    text = f"{value:.{digits}g}"
    mantissa, _, exponent = text.partition("e")
    if exponent:
        text = f"{mantissa}\u00d710{str(int(exponent)).translate(_RAISED)}"
    return text.replace("-", "\u2212")


def unit(text: str) -> str:
    """Write a unit with raised powers: km²/s²."""
    return re.sub(r"\^(\d+)", lambda power: power[1].translate(_RAISED), text)


def elapsed(seconds: float | None) -> str:
    """Write an elapsed time in the unit that suits it, from milliseconds to hours."""
    if seconds is None:
        return NOTHING
    if seconds < 1:
        return f"{max(seconds * 1_000, 0.1):.{0 if seconds >= 0.01 else 1}f}{NARROW}ms"  # noqa: PLR2004  # two digits
    if seconds < _MINUTE_S:
        return f"{seconds:.{1 if seconds < 10 else 0}f}{NARROW}s"  # noqa: PLR2004  # the same
    if seconds < _HOUR_S:
        return f"{int(seconds // 60)}{NARROW}min {int(seconds % 60)}{NARROW}s"
    return f"{int(seconds // 3600)}{NARROW}h {int(seconds % 3600 // 60)}{NARROW}min"


def size(number_of_bytes: float) -> str:
    """Write an amount of data, in powers of a thousand."""
    value = float(number_of_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if value < _STEP:
            return f"{value:.{0 if value >= 10 or unit == 'B' else 1}f}{NARROW}{unit}"  # noqa: PLR2004  # two digits
        value /= _STEP
    return f"{value:.1f}{NARROW}TB"


def utc_time(text: str | None) -> str:
    """Write an RFC 3339 time in UTC, to the minute."""
    if text is None:
        return NOTHING
    time = datetime.fromisoformat(text).astimezone(UTC)
    return f"{time:%Y-%m-%d %H:%M} UTC"


def label_words(labels: Labels) -> str:
    """Write where and when a scenario is, of which it may say nothing: "" then.

    >>> from sim.models.labels import Labels
    >>> label_words(Labels("2026-01-01T00:00:00", "TDB", center="EARTH"))
    'Epoch 2026-01-01T00:00:00 TDB · centre EARTH'
    """
    parts = [
        ("epoch", labels.epoch and f"{labels.epoch} {labels.time_scale}"),
        ("frame", labels.frame),
        ("centre", labels.center),
    ]
    words = " · ".join(f"{name} {label}" for name, label in parts if label)
    return words[:1].upper() + words[1:]


FILTERS: Final[dict[str, Callable[..., str]]] = {
    filter_.__name__: filter_ for filter_ in (count, figure, elapsed, size, unit, utc_time)
}
