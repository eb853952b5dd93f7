"""The client for which the current thread works, and against whose share that counts."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CURRENT_CLIENT"]

CURRENT_CLIENT: Final[ContextVar[Callable[[], str]]] = ContextVar(
    "client", default=lambda: "this process"
)
"""Names the client; called only where something has to be admitted. The web sets it."""
