"""Who asks for what the current thread does: the client whose share it counts against."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ASKER"]

ASKER: Final[ContextVar[Callable[[], str]]] = ContextVar("asker", default=lambda: "this process")
"""Names the client; called only where something has to be admitted. The web sets it."""
