"""JSON values read strictly and written canonically.

Guarantees: whatever it is given, a reader returns what it promises or raises ScenarioError with
the path of the value. No message shows a hostile value in full, and nothing here recurses.
"""

from __future__ import annotations

import json
import math
from typing import Any, Final

from sim.errors import ScenarioError

__all__ = ["MAX_NAME_LENGTH", "canonical_json", "fields_of", "name_of", "number_of"]

MAX_NAME_LENGTH: Final = 100


def canonical_json(value: object) -> str:
    """Return the one JSON text of a value: keys sorted, no spaces, floats as their shortest repr.

    >>> canonical_json({"seed": 0, "mu": -0.0, "name": "Mâlo"})
    '{"mu":-0.0,"name":"Mâlo","seed":0}'
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def fields_of(
    value: object, where: str, required: frozenset[str], *, optional: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """Return an object's fields: all that are required, and none that is unknown."""
    if not isinstance(value, dict):
        raise ScenarioError(where, "must be an object.")
    unknown = value.keys() - required - optional
    if unknown:
        known = ", ".join(sorted(required | optional))
        first = min(name if isinstance(name, str) else "" for name in unknown)[:MAX_NAME_LENGTH]
        raise ScenarioError(where, f"has the unknown field {first!r}; known are: {known}.")
    missing = sorted(required - value.keys())
    if missing:
        raise ScenarioError(where, f"lacks {', '.join(missing)}.")
    return value


def number_of(value: object, where: str) -> float:
    """Return an int or float as the float that it exactly is.

    Never shows the value: an int of five thousand digits can't be written out (its repr raises).
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ScenarioError(where, "must be a number.")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ScenarioError(where, "must be a finite number.")
    if number != value:
        raise ScenarioError(where, "must be a number that a 64-bit float holds exactly.")
    return number


def name_of(value: object, where: str) -> str:
    """Return a text that can be shown on one line, and written as UTF-8."""
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_NAME_LENGTH:
        raise ScenarioError(where, f"must be a text of 1 to {MAX_NAME_LENGTH} characters.")
    if not value.isprintable() or value != value.strip():
        raise ScenarioError(
            where, "must have no control characters, and no space at its beginning or end."
        )
    return value
