"""The JSON schema of a scenario of `nano`, for descriptions; the rules validate."""

from __future__ import annotations

from typing import Any, Final

from sim.models.json_schema import (
    MU,
    NAME,
    NUMBER,
    POSITION,
    VELOCITY,
    agents_of,
    closed_object,
)
from sim.models.labels import LABEL_SCHEMAS

__all__ = ["SCHEMA"]

SCHEMA: Final[dict[str, Any]] = closed_object(
    ("agents", "dt_min", "dt_span", "epsilon"),
    {
        "model": {"const": "nano", "description": "A plane, with random time steps; the default."},
        "agents": agents_of(
            closed_object(
                ("name", "mu", "time", "timeStep", "x", "y", "vx", "vy"),
                {
                    "name": NAME,
                    "mu": MU,
                    "time": {"const": 0, "description": "The start of its clock."},
                    "timeStep": NUMBER | {"description": "Its first time step."},
                    **dict.fromkeys(("x", "y"), POSITION),
                    **dict.fromkeys(("vx", "vy"), VELOCITY),
                    "primary": {
                        "type": "string",
                        "description": "The agent that it orbits, or else the heaviest.",
                    },
                },
            )
        ),
        "dt_min": NUMBER | {"description": "The shortest time step."},
        "dt_span": NUMBER
        | {"description": "The most that is added to it at random.", "minimum": 0},
        "epsilon": NUMBER
        | {"description": "How far before its own time an agent reads the others."},
        **LABEL_SCHEMAS,
    },
    title="Scenario of nano",
)
