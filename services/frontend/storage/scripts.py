"""The Lua scripts of the run protocol: read from `lua/`, and registered with one Redis client.

- Each script is one step: it happens wholly or not at all.
- A script names its keys itself, in lines `--keys`; callers pass keys by these names. So the
  positions in KEYS are known in one place, and a missing or a superfluous key is an error.
- Constants that Python needs too come from Python, by lines `--constant`.
- Scripts are called by their SHA. redis-py loads them again when Redis has forgotten them (after
  a restart or a `SCRIPT FLUSH`).
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from frontend.storage import keys
from frontend.storage.connection import storage_errors
from frontend.storage.counters import TIMED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import redis
    from redis.commands.core import Script

__all__ = ["EVENTS_KEPT", "NAMES", "Scripts", "key_names", "sha1_of", "source"]

ORDER_LIFE_MS: Final = 7 * 86_400_000  # a week in which the id of an order leads to its answer
EVENTS_KEPT: Final = 512  # of one run; more than an hour of progress, some 200 KB


def _bounds() -> str:
    """Write the bounds of all histograms as a Lua table, by their names."""
    rows = (f"{one.field} = {{ {', '.join(map(str, one.bounds_ms))} }}" for one in TIMED)
    return f"{{ {', '.join(rows)} }}"


_INCLUDE: Final = "--include "
_KEYS: Final = "--keys "
_CONSTANT: Final = "--constant "
_MANY: Final = "..."  # ends the name of the last keys, of which there are any number
_PARTS: Final = frozenset({"answer", "prelude", "publication", "record"})
_FOLDER: Final = files("frontend.storage") / "lua"
_CONSTANTS: Final = {
    "BOUNDS_MS": _bounds(),
    "EVENTS_KEPT": str(EVENTS_KEPT),
    "ORDER_LIFE_MS": str(ORDER_LIFE_MS),
}

NAMES: Final = tuple(
    sorted(
        name.removesuffix(".lua")
        for name in (file.name for file in _FOLDER.iterdir())
        if name.endswith(".lua") and name.removesuffix(".lua") not in _PARTS
    )
)


class Scripts:
    """The scripts, called on one client; a reply consists of bytes, integers and lists of them."""

    def __init__(self, client: redis.Redis) -> None:
        self._scripts: dict[str, Script] = {
            name: client.register_script(source(name)) for name in NAMES
        }

    def call(
        self, name: str, named: Mapping[str, str | Sequence[str]], *args: str | float | bytes
    ) -> Any:  # noqa: ANN401  # a reply's shape is its script's
        """Run a script on the keys that it names; raises `StorageError`."""
        with storage_errors():
            return self._scripts[name](keys=_in_order(name, named), args=args)

    def on_run(
        self, name: str, digest: str, *args: str | float | bytes, **more: str | Sequence[str]
    ) -> Any:  # noqa: ANN401  # a reply's shape is its script's
        """Run a script of the run protocol on a run's keys, and `more` that it names."""
        return self.call(name, {**keys.of_run(digest), **more}, digest, *args)


def sha1_of(data: bytes | None) -> str:
    """Return the digest by which a script sees whether bytes have changed; "" for no bytes."""
    return "" if data is None else hashlib.sha1(data, usedforsecurity=False).hexdigest()


@cache
def source(name: str) -> str:
    """Return a script as Redis gets it: directives replaced by what they stand for."""
    lines = []
    declared = 0
    for line in _lines(name):
        if line.startswith(_KEYS):
            names = line.removeprefix(_KEYS).split()
            lines += [_bound(key, declared + place) for place, key in enumerate(names, start=1)]
            declared += len(names)
        elif line.startswith(_CONSTANT):
            constant = line.removeprefix(_CONSTANT)
            lines.append(f"local {constant} = {_CONSTANTS[constant]}")
        else:
            lines.append(line)
    return "\n".join(lines)


@cache
def key_names(name: str) -> tuple[str, ...]:
    """Return the names of a script's keys, in the order of KEYS."""
    declarations = (line for line in _lines(name) if line.startswith(_KEYS))
    names = tuple(word for line in declarations for word in line.removeprefix(_KEYS).split())
    assert not any(word.endswith(_MANY) for word in names[:-1])  # noqa: S101  # only the last ones
    return names


def _lines(name: str) -> Iterator[str]:
    """Yield the lines of a script, and in their place those of what it includes."""
    for line in (_FOLDER / f"{name}.lua").read_text(encoding="utf-8").splitlines():
        if line.startswith(_INCLUDE):
            yield from _lines(line.removeprefix(_INCLUDE))
        else:
            yield line


def _bound(key: str, position: int) -> str:
    """Bind a key to its name, as `run` to KEYS[1]; `stretches...` to the position of the first."""
    name = key.removesuffix(_MANY)
    return f"local {name} = {position if key.endswith(_MANY) else f'KEYS[{position}]'}"


def _in_order(name: str, named: Mapping[str, str | Sequence[str]]) -> list[str]:
    """Return the keys in the order of KEYS; raises ValueError where they are not the script's."""
    declared = key_names(name)
    if {key.removesuffix(_MANY) for key in declared} != named.keys():
        raise ValueError(f"{name} has the keys {', '.join(declared)}, not {', '.join(named)}")
    ordered: list[str] = []
    for key in declared:
        given = named[key.removesuffix(_MANY)]
        ordered += [given] if isinstance(given, str) else given
    return ordered
