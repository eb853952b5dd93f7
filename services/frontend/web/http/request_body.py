"""What a request's body may be: read strictly, refused with a sentence, described by its schema.

A whole number is one that is written as one: `true`, `1.0` and `"5"` are not, nor is anything
that another field would be a better name for. What a scenario may be is `sim.scenario`'s to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema
from werkzeug.exceptions import UnsupportedMediaType

from frontend.errors import BadRequest

if TYPE_CHECKING:
    from flask import Request
    from pydantic_core import ErrorDetails

__all__ = ["PropagationBody", "read_body"]

_NUMBER: Final = {"type": "number"}
_SCENARIO: Final[dict[str, Any]] = {
    "type": "object",
    "title": "Scenario",
    "description": "The agents and their time steps, dimensionless; the default scenario if null.",
    "additionalProperties": False,
    "required": ["agents", "dt_min", "dt_span", "epsilon"],
    "properties": {
        "agents": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1_000,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name", "mu", "time", "timeStep", "x", "y", "vx", "vy"],
                "properties": {
                    "name": {"type": "string", "description": "Unlike every other agent's."},
                    "mu": _NUMBER | {"description": "Its gravitational parameter."},
                    "time": {"const": 0, "description": "Where its clock starts."},
                    "timeStep": _NUMBER | {"description": "Its first time step."},
                    "x": _NUMBER,
                    "y": _NUMBER,
                    "vx": _NUMBER,
                    "vy": _NUMBER,
                    "primary": {
                        "type": "string",
                        "description": "The agent that it is seen from; the heaviest if not said.",
                    },
                },
            },
        },
        "dt_min": _NUMBER | {"description": "The least a time step can be."},
        "dt_span": _NUMBER | {"description": "How much longer chance can make it.", "minimum": 0},
        "epsilon": _NUMBER | {"description": "How long before its time an agent reads others."},
    },
}

Model = TypeVar("Model", bound=BaseModel)


class PropagationBody(BaseModel):
    """What is asked for: so many steps of a scenario, with the time steps of a seed."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        use_attribute_docstrings=True,
        json_schema_extra={"examples": [{"steps": 500}, {"steps": 1_000_000, "seed": 7}]},
    )

    steps: Annotated[int, Field(json_schema_extra={"minimum": 1})]
    """Iterations."""
    seed: Annotated[int, Field(json_schema_extra={"minimum": 0, "maximum": 2**53 - 1})] = 0
    """The seed of the random time steps."""
    members: Annotated[int, Field(json_schema_extra={"minimum": 1, "maximum": 1})] = 1
    """Members of an ensemble; only 1 as yet."""
    scenario: Annotated[Any, WithJsonSchema(_SCENARIO)] = None
    """What moves; the default scenario if left out."""


def read_body(model: type[Model], request: Request) -> Model:
    """Read a request's JSON body; raises BadRequest with a sentence."""
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    try:
        document = orjson.loads(request.get_data(cache=False))
    except orjson.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise BadRequest(f"The body is no JSON that can be read ({where}).") from None
    if not isinstance(document, dict):
        raise BadRequest('The body must be a JSON object, such as {"steps": 500}.')
    try:
        return model.model_validate(document)
    except ValidationError as error:
        # What is not known first: it may be what is missing, misspelt.
        worst = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
        raise BadRequest(_sentence(worst, model)) from None


def _sentence(error: ErrorDetails, model: type[BaseModel]) -> str:
    name = ".".join(str(part) for part in error["loc"])[:60]
    match error["type"]:
        case "missing":
            return f"{name} is missing."
        case "extra_forbidden":
            return f"There is no field {name!r}; there are {', '.join(model.model_fields)}."
        case "int_type":
            return f"{name} must be a whole number, written as one."
        case _:
            return f"{name}: {error['msg']}."
