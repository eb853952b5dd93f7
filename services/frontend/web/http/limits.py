"""What a request may be at most: known to gunicorn's worker, which waits for it, and to Flask."""

from __future__ import annotations

from typing import Final

__all__ = ["BODY_LIMIT_BYTES"]

BODY_LIMIT_BYTES: Final = 1_000_000  # a scenario of 1,000 agents takes about 250,000
