"""Pieces of the JSON schemas by which models describe their scenarios; their rules validate."""

from __future__ import annotations

from typing import Any, Final

from sim.models.agent_rules import MAX_AGENTS

__all__ = [
    "MU",
    "NAME",
    "NUMBER",
    "POSITION",
    "VELOCITY",
    "agents_of",
    "closed_object",
    "exactly_one",
]

NUMBER: Final = {"type": "number"}
NAME: Final = {"type": "string", "description": "Unique among the agents."}
MU: Final = NUMBER | {"description": "Its gravitational parameter."}
POSITION: Final = NUMBER | {"description": "A component of its position at time 0."}
VELOCITY: Final = NUMBER | {"description": "A component of its velocity at time 0."}


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


def exactly_one(members: tuple[str, ...], others: tuple[str, ...]) -> dict[str, Any]:
    """Return what a schema adds for an object that has either all of these members or all others.

    Said without `oneOf`, which generators of clients take for two types without any members.
    """
    return {
        "if": {"required": list(members)},
        "else": {"required": list(others)},
        "not": {"required": [*members, *others]},
    }


def agents_of(agent: object) -> dict[str, object]:
    """Return the schema of a scenario's agents, each with this schema."""
    return {
        "type": "array",
        "description": f"Its bodies, 1 to {MAX_AGENTS:,}.",
        "minItems": 1,
        "maxItems": MAX_AGENTS,
        "items": agent,
    }
