"""Words that an argument may be: what is none of them is refused, with the nearest one that is."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

from porta.errors import ArgumentError, ArgumentTypeError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["one_of", "some_of"]

_LISTED: Final = 12
_SHOWN: Final = 60  # characters of a word that the caller made up


def one_of(where: str, value: object, words: Sequence[str]) -> str:
    """Return the value if it is one of these words; raises ArgumentError, ArgumentTypeError.

    >>> one_of("frame", "Satelite", ["inertial", "primary", "Planet", "Satellite"])
    Traceback (most recent call last):
    ...
    porta.errors.ArgumentError: frame can't be 'Satelite': did you mean 'Satellite'? It is one of \
'inertial', 'primary', 'Planet', 'Satellite'.
    """
    if not isinstance(value, str):
        raise ArgumentTypeError(
            where, f"{where} must be a text, {_listed(words)}, not of type {type(value).__name__}."
        )
    if value in words:
        return value
    close = difflib.get_close_matches(value[:_SHOWN], words, n=1)
    hint = f"did you mean {close[0]!r}? It is" if close else "it is"
    raise ArgumentError(where, f"{where} can't be {value[:_SHOWN]!r}: {hint} {_listed(words)}.")


def some_of(where: str, value: object, words: Sequence[str]) -> tuple[str, ...]:
    """Return the words of a list, or the one word, each once; at least one."""
    if isinstance(value, str):
        return (one_of(where, value, words),)
    if not isinstance(value, list | tuple):
        raise ArgumentTypeError(
            where, f"{where} must be a list of texts, not of type {type(value).__name__}."
        )
    if not value:
        raise ArgumentError(where, f"{where} must be at least one of {_all(words)}.")
    return tuple(dict.fromkeys(one_of(where, word, words) for word in value))


def _listed(words: Sequence[str]) -> str:
    return repr(words[0]) if len(words) == 1 else f"one of {_all(words)}"


def _all(words: Sequence[str]) -> str:
    rest = f" and {len(words) - _LISTED:,} more" if len(words) > _LISTED else ""
    return ", ".join(map(repr, words[:_LISTED])) + rest
