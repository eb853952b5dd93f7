"""The JSON schemas of scenarios, for the description of the API; the models themselves validate."""

from __future__ import annotations

from typing import Any, Final

from sim.models.nbody.rules import INTEGRATORS, LENGTHS, TIMES
from sim.scenario import MAX_AGENTS

__all__ = ["SCENARIO"]

_NUMBER: Final = {"type": "number"}
_NAME: Final = {"type": "string", "description": "Unique among the agents."}
_MU: Final = _NUMBER | {"description": "Its gravitational parameter."}


def _object(required: tuple[str, ...], properties: dict[str, Any], **others: object) -> Any:  # noqa: ANN401 - a schema
    """Return the schema of an object with these members and no others."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": properties,
        **others,
    }


def _agents(agent: object) -> dict[str, object]:
    return {"type": "array", "minItems": 1, "maxItems": MAX_AGENTS, "items": agent}


_NANO: Final = _object(
    ("agents", "dt_min", "dt_span", "epsilon"),
    {
        "model": {"const": "nano", "description": "A plane, with random time steps; the default."},
        "agents": _agents(
            _object(
                ("name", "mu", "time", "timeStep", "x", "y", "vx", "vy"),
                {
                    "name": _NAME,
                    "mu": _MU,
                    "time": {"const": 0, "description": "The start of its clock."},
                    "timeStep": _NUMBER | {"description": "Its first time step."},
                    **dict.fromkeys(("x", "y", "vx", "vy"), _NUMBER),
                    "primary": {
                        "type": "string",
                        "description": "The agent that it orbits, or else the heaviest.",
                    },
                },
            )
        ),
        "dt_min": _NUMBER | {"description": "The shortest time step."},
        "dt_span": _NUMBER
        | {"description": "The most that is added to it at random.", "minimum": 0},
        "epsilon": _NUMBER
        | {"description": "How far before its own time an agent reads the others."},
    },
    title="Scenario of nano",
)
_ORBIT: Final = _object(
    ("a", "e", "i", "node", "argp", "anomaly"),
    {
        "a": _NUMBER | {"description": "Semi-major axis; below 0 for a hyperbola."},
        "e": _NUMBER | {"description": "Eccentricity; not 1.", "minimum": 0},
        "i": _NUMBER | {"description": "Inclination.", "minimum": 0, "maximum": 180},
        "node": _NUMBER | {"description": "Longitude of the ascending node."},
        "argp": _NUMBER | {"description": "Argument of periapsis."},
        "anomaly": _NUMBER | {"description": "True anomaly."},
    },
    description="In place of x to vz: an orbit about the primary, angles in degrees.",
)
_NBODY: Final = _object(
    ("model", "integrator", "dt", "agents"),
    {
        "model": {"const": "nbody", "description": "Gravity among points, in space."},
        "integrator": {"enum": list(INTEGRATORS), "description": "The method."},
        "dt": _NUMBER
        | {
            "description": "The time step; with gauss-radau-15 the first that is tried.",
            "exclusiveMinimum": 0,
        },
        "tolerance": _NUMBER
        | {
            "description": "Of gauss-radau-15 alone: from 1e-12 to 1e-2, 1e-5 if left out, or 0 to "
            "keep dt.",
            "minimum": 0,
            "maximum": 1e-2,
        },
        "units": _object(
            ("length", "time"),
            {"length": {"enum": list(LENGTHS)}, "time": {"enum": list(TIMES)}},
            description="Labels, which change no number.",
        ),
        "agents": _agents(
            _object(
                ("name", "mu"),
                {
                    "name": _NAME,
                    "mu": _MU,
                    **dict.fromkeys(("x", "y", "vx", "vy"), _NUMBER),
                    **dict.fromkeys(("z", "vz"), _NUMBER | {"description": "0 if left out."}),
                    "orbit": _ORBIT,
                    "primary": {
                        "type": "string",
                        "description": "The agent that it orbits, or else the heaviest; "
                        "barycentre: that of all other agents.",
                    },
                },
                oneOf=[{"required": ["orbit"]}, {"required": ["x", "y", "vx", "vy"]}],
            )
        ),
    },
    title="Scenario of nbody",
)
SCENARIO: Final[dict[str, Any]] = {
    "description": "What moves, and how; the default scenario if null.",
    "anyOf": [_NANO, _NBODY],
}
"""A scenario of any model."""
