"""The Lua scripts of the run protocol, read from `lua/` and known to one Redis client.

Each is one step: it happens wholly or not at all. They are called by their SHA, and loaded
again by redis-py when Redis has forgotten them (a restart, a `SCRIPT FLUSH`).
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from frontend.storage import keys
from frontend.storage.connection import storage_errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    import redis
    from redis.commands.core import Script

__all__ = ["NAMES", "Scripts", "source"]

_INCLUDE: Final = "--include "
_PARTS: Final = frozenset({"prelude", "publication"})
_FOLDER: Final = files("frontend.storage") / "lua"

NAMES: Final = tuple(
    sorted(
        name.removesuffix(".lua")
        for name in (file.name for file in _FOLDER.iterdir())
        if name.endswith(".lua") and name.removesuffix(".lua") not in _PARTS
    )
)


def _read(name: str) -> str:
    return (_FOLDER / f"{name}.lua").read_text(encoding="utf-8")


@cache
def source(name: str) -> str:
    """Return a script as Redis gets it: its first line, then what it includes, then its own."""
    lines = _read(name).splitlines()
    return "\n".join(
        _read(line.removeprefix(_INCLUDE)) if line.startswith(_INCLUDE) else line for line in lines
    )


class Scripts:
    """The scripts, called on one client; a reply is bytes, integers and lists of them."""

    def __init__(self, client: redis.Redis) -> None:
        self._scripts: dict[str, Script] = {
            name: client.register_script(source(name)) for name in NAMES
        }

    def call(self, name: str, key_names: Sequence[str], *args: str | float | bytes) -> Any:  # noqa: ANN401  # a reply's shape is its script's
        """Run a script on its keys; raises `StorageError`."""
        with storage_errors():
            return self._scripts[name](keys=key_names, args=args)

    def on_run(
        self, name: str, digest: str, *args: str | float | bytes, others: Sequence[str] = ()
    ) -> Any:  # noqa: ANN401  # a reply's shape is its script's
        """Run a script of the run protocol, on a run's keys, `others`, and last the counters."""
        return self.call(name, [*keys.of_run(digest), *others, keys.COUNTERS], digest, *args)
