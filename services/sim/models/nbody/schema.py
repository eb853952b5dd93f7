"""The JSON schema of a scenario of `nbody`, for descriptions; the rules validate."""

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
    exactly_one,
)
from sim.models.labels import LABEL_SCHEMAS
from sim.models.nbody.rules import INTEGRATORS, LENGTHS, TIMES

__all__ = ["SCHEMA"]

_ORBIT: Final = closed_object(
    ("a", "e", "i", "node", "argp", "anomaly"),
    {
        "a": NUMBER | {"description": "Semi-major axis; below 0 for a hyperbola."},
        "e": NUMBER | {"description": "Eccentricity; not 1.", "minimum": 0},
        "i": NUMBER | {"description": "Inclination.", "minimum": 0, "maximum": 180},
        "node": NUMBER | {"description": "Longitude of the ascending node."},
        "argp": NUMBER | {"description": "Argument of periapsis."},
        "anomaly": NUMBER | {"description": "True anomaly."},
    },
    description="In place of x to vz: an orbit about the primary, angles in degrees.",
)
SCHEMA: Final[dict[str, Any]] = closed_object(
    ("model", "integrator", "dt", "agents"),
    {
        "model": {"const": "nbody", "description": "Gravity among points, in space."},
        "integrator": {"enum": list(INTEGRATORS), "description": "The method."},
        "dt": NUMBER
        | {
            "description": "The time step; with gauss-radau-15 the first that is tried.",
            "exclusiveMinimum": 0,
        },
        "tolerance": NUMBER
        | {
            "description": "Of gauss-radau-15 alone: from 1e-12 to 1e-2, 1e-5 if left out, or 0 to "
            "keep dt.",
            "minimum": 0,
            "maximum": 1e-2,
        },
        "units": closed_object(
            ("length", "time"),
            {
                "length": {"enum": list(LENGTHS), "description": "Of positions; 1 is no unit."},
                "time": {"enum": list(TIMES), "description": "Of times; 1 is no unit."},
            },
            description="Labels, which change no number.",
        ),
        **LABEL_SCHEMAS,
        "agents": agents_of(
            closed_object(
                ("name", "mu"),
                {
                    "name": NAME,
                    "mu": MU,
                    **dict.fromkeys(("x", "y"), POSITION),
                    **dict.fromkeys(("vx", "vy"), VELOCITY),
                    **dict.fromkeys(("z", "vz"), NUMBER | {"description": "0 if left out."}),
                    "orbit": _ORBIT,
                    "primary": {
                        "type": "string",
                        "description": "The agent that it orbits, or else the heaviest; "
                        "barycentre: that of all other agents.",
                    },
                },
                **exactly_one(("orbit",), ("x", "y", "vx", "vy")),
            )
        ),
    },
    title="Scenario of nbody",
)
