"""The JSON schema of a dispersion, for the description of the API; `sim.dispersion` validates."""

from __future__ import annotations

from typing import Any, Final

from sim.models.agent_rules import MAX_AGENTS
from sim.models.json_schema import exactly_one
from sim.models.table import MODELS

__all__ = ["DISPERSION"]

_DEVIATION: Final = {"type": "number", "minimum": 0}
_SPACES: Final = sorted({model.dimensions for model in MODELS.values()})


def _components(frame: str, dimensions: int) -> list[str]:
    axes = frame[:dimensions]
    return [*axes, *(f"v{axis}" for axis in axes)]


def _square(size: int) -> dict[str, Any]:
    row = {"type": "array", "items": {"type": "number"}, "minItems": size, "maxItems": size}
    return {"type": "array", "items": row, "minItems": size, "maxItems": size}


_NAMES: Final = [*_components("xyz", max(_SPACES)), *_components("rtn", max(_SPACES))]

DISPERSION: Final[dict[str, Any]] = {
    "description": "How the initial states of the members are spread; null for not at all.",
    "type": ["array", "null"],
    "maxItems": MAX_AGENTS,
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["agent"],
        "properties": {
            "agent": {"type": "string", "description": "The name of an agent; each once."},
            "sigma": {
                "type": "object",
                "description": "Standard deviations by component; the others have none.",
                "additionalProperties": False,
                "properties": dict.fromkeys(_NAMES, _DEVIATION),
            },
            "covariance": {
                "description": "Symmetric and positive semi-definite, positions before velocities.",
                "anyOf": [_square(2 * dimensions) for dimensions in _SPACES],
            },
            "frame": {
                "enum": ["inertial", "rtn"],
                "default": "inertial",
                "description": "Whether components are those of the scenario (x, y, z, vx, vy, vz) "
                "or radial, transverse and normal to the motion about the primary (r, t, n, vr, "
                "vt, vn).",
            },
        },
        **exactly_one(("sigma",), ("covariance",)),
    },
}
"""A dispersion for a scenario of any model."""
