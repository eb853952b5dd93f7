"""The JSON schema of a scenario, for the description of the API; the models themselves validate."""

from __future__ import annotations

from typing import Any, Final

from sim.models.table import MODELS

__all__ = ["SCENARIO"]

SCENARIO: Final[dict[str, Any]] = {
    "description": "What moves, and how; the default scenario if null.",
    "anyOf": [model.schema for model in MODELS.values()],
}
"""A scenario of any model."""
