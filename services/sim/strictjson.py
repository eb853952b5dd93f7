"""JSON values: strict readers and a canonical writer.

Guarantees: for any input, a reader returns the promised type or raises ScenarioError with the path
of the value. No message contains an untrusted value in full, and nothing here recurses.
"""

from __future__ import annotations

import json
import math
import unicodedata
from itertools import chain
from typing import Any, Final

from sim.errors import ScenarioError

__all__ = [
    "MAX_NAME_LENGTH",
    "canonical_json",
    "fields_of",
    "is_nested_too_deeply",
    "name_of",
    "number_of",
]

MAX_NAME_LENGTH: Final = 100
MAX_DEPTH: Final = 32  # of what Porta writes, nothing is nested in more than 10
SHOWN_CHARACTERS: Final = 4  # of a name that can't be seen
_REFUSED: Final = {  # category of Unicode -> what is wrong with its characters in a name
    "Cc": "a control character",
    "Cs": "half of a surrogate pair",
    "Co": "which has no meaning outside a private agreement",
    "Cn": "which is no character",
    "Zl": "a line separator",
    "Zp": "a paragraph separator",
}
_DIRECTIONS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Embeddings, overrides and isolates: they turn the text around a name, too (UAX 9, section 2)."""
_BLANK: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)
"""Letters, marks and symbols that show nothing: fillers, selectors of variants, the blank Braille
pattern (Default_Ignorable_Code_Point in Unicode's DerivedCoreProperties.txt, and U+2800)."""
_DIRECTION: Final = "which changes the direction of the text around it"


def canonical_json(value: object) -> str:
    """Return the one JSON text of a value: keys sorted, no spaces, floats as their shortest repr.

    >>> canonical_json({"seed": 0, "mu": -0.0, "name": "Mâlo"})
    '{"mu":-0.0,"name":"Mâlo","seed":0}'
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def is_nested_too_deeply(value: object) -> bool:
    """Whether parsed JSON has more lists and objects in one another than Porta writes.

    To compare, to show or to write such a value recurses, and does not end well.

    >>> is_nested_too_deeply({"a": [1, {}]}), is_nested_too_deeply(json.loads("[" * 99 + "]" * 99))
    (False, True)
    """
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        within = [one.values() if isinstance(one, dict) else one for one in level
                  if isinstance(one, dict | list)]  # fmt: skip
        if not within:
            return False
        level = list(chain.from_iterable(within))
    return True


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
    """Return a text that can be shown on one line and is encodable as UTF-8.

    Joiners and no-break spaces are text: Persian, Hindi and French are written with them. But one
    character at least is seen.
    """
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_NAME_LENGTH:
        raise ScenarioError(where, f"must be a text of 1 to {MAX_NAME_LENGTH} characters.")
    if value.isprintable() and value == value.strip() and value[0] not in _BLANK:
        return value  # nearly all are, and this takes no loop
    refused = next((character for character in value if _is_refused(character)), None)
    if refused is not None:
        raise ScenarioError(where, f"can't contain U+{ord(refused):04X}, {_reason(refused)}.")
    if value != value.strip():
        outer = value[0] if value[0].isspace() else value[-1]
        raise ScenarioError(
            where, f"must have no space at its beginning or end, as this U+{ord(outer):04X}."
        )
    if not any(map(_is_seen, value)):
        points = ", ".join(f"U+{ord(character):04X}" for character in value[:SHOWN_CHARACTERS])
        raise ScenarioError(where, f"must have a character that can be seen, not only {points}.")
    return value


def _is_refused(character: str) -> bool:
    return unicodedata.category(character) in _REFUSED or character in _DIRECTIONS


def _is_seen(character: str) -> bool:
    return unicodedata.category(character)[0] in "LMNPS" and character not in _BLANK


def _reason(character: str) -> str:
    return _REFUSED.get(unicodedata.category(character), _DIRECTION)
