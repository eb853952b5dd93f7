"""JSON values: strict readers and a canonical writer.

Guarantees: for any input, a reader returns the promised type or raises ScenarioError with the path
of the value. No message contains an untrusted value in full, and nothing here recurses.
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
    """Return an object's fields: all required ones, and no unknown ones."""
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
    """Return an int or float as an equal float.

    Messages do not contain the value: the repr of an int of five thousand digits raises.
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
    """Return a text that is printable on one line and encodable as UTF-8."""
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_NAME_LENGTH:
        raise ScenarioError(where, f"must be a text of 1 to {MAX_NAME_LENGTH} characters.")
    if not value.isprintable() or value != value.strip():
        raise ScenarioError(
            where, "must have no control characters, and no space at its beginning or end."
        )
    return value
