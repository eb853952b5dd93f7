"""Packages that are used where they are installed: for tables of other libraries, and drawings."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from porta.errors import MissingPackage

__all__ = ["needed"]


def needed(package: str, install: str) -> Any:  # noqa: ANN401 - a module
    """Import an optional package; raises MissingPackage, which says how to `install` it."""
    try:
        return import_module(package)
    except ModuleNotFoundError as error:
        if error.name != package.split(".", 1)[0]:
            raise
        raise MissingPackage(
            package, f"This needs {error.name}, which is not installed: {install}."
        ) from None
