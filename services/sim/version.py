"""Porta's version: the only place that has it.

The build reads it from here, and so does everything that Porta writes a version into: files say by
which one they were written.
"""

from __future__ import annotations

from typing import Final

__all__ = ["VERSION"]

VERSION: Final = "0.1.0"
