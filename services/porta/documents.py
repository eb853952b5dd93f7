"""Documents as JSON has them: objects of Python made plain, and files, read strictly.

A file is bounded in size, must be UTF-8, and has no key twice in one object, so that every program
reads the same from it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from porta.errors import ArgumentError

if TYPE_CHECKING:
    import os

__all__ = ["plain", "read_json"]

_MOST_BYTES: Final = 2**24  # a thousand agents take 300 kB
_DEEPEST: Final = 8  # a scenario, its agents, one of them, its orbit, a number


def read_json(where: str, path: str | os.PathLike[str]) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Read a file of JSON; raises ArgumentError with a sentence that names it."""
    file = Path(path)
    try:
        with file.open("rb") as opened:
            data = opened.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ArgumentError(where, f"{where}: {file} can't be read: {error.strerror}.") from None
    except ValueError:  # a null character
        raise ArgumentError(where, f"{where} is no path of a file.") from None
    if len(data) > _MOST_BYTES:
        raise ArgumentError(where, f"{where}: {file} has more than {_MOST_BYTES:,} bytes.")
    try:
        return json.loads(
            data.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_refused
        )
    except UnicodeDecodeError:
        raise ArgumentError(where, f"{where}: {file} is not UTF-8, as JSON must be.") from None
    except json.JSONDecodeError as error:
        at = f"line {error.lineno}, column {error.colno}"
        raise ArgumentError(where, f"{where}: {file} is not valid JSON ({at}).") from None
    except (ValueError, RecursionError) as error:
        raise ArgumentError(where, f"{where}: {file} can't be read: {error}.") from None


def plain(where: str, value: object, deepest: int = _DEEPEST) -> Any:  # noqa: ANN401 - as JSON
    """Return a document of dicts, lists, texts and numbers: also of what numpy has made of them.

    >>> plain("scenario", {"agents": ({"mu": 1},)})
    {'agents': [{'mu': 1}]}
    """
    if not deepest:
        raise ArgumentError(where, f"{where} is nested too deeply.")
    if isinstance(value, Mapping):
        return {key: plain(where, each, deepest - 1) for key, each in value.items()}
    if hasattr(value, "tolist"):  # a number or an array of numpy
        return value.tolist()
    if isinstance(value, list | tuple):
        return [plain(where, each, deepest - 1) for each in value]
    return value


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    seen: dict[str, object] = {}
    for key, value in pairs:
        if key in seen:
            raise ValueError(f"the field {key[:60]!r} is there twice in one object")
        seen[key] = value
    return seen


def _refused(constant: str) -> float:
    raise ValueError(f"{constant} is no number of JSON")
