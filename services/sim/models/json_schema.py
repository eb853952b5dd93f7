"""Pieces of the JSON schemas by which models describe their scenarios; their rules validate."""

from __future__ import annotations

from typing import Any, Final

from sim.models.agent_rules import MAX_AGENTS

__all__ = ["MU", "NAME", "NUMBER", "agents_of", "closed_object"]

NUMBER: Final = {"type": "number"}
NAME: Final = {"type": "string", "description": "Unique among the agents."}
MU: Final = NUMBER | {"description": "Its gravitational parameter."}


def closed_object(
    required: tuple[str, ...], properties: dict[str, Any], **others: object
) -> dict[str, Any]:
    """Return the schema of an object with these members and no others."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": properties,
        **others,
    }


def agents_of(agent: object) -> dict[str, object]:
    """Return the schema of a scenario's agents, each with this schema."""
    return {"type": "array", "minItems": 1, "maxItems": MAX_AGENTS, "items": agent}
