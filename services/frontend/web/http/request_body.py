"""What a request's body may be: read strictly, refused with a sentence, described by its schema.

- A whole number is an integer of JSON Schema, which `1000.0` and `1e3` are, too; `true`, `1.5` and
  `"5"` are refused, as are unknown fields.
- `sim` validates the scenario and the dispersion; `scenario_schema` and `dispersion_schema`
  describe them, with their limits.
"""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError
from werkzeug.exceptions import UnsupportedMediaType

from frontend.errors import BadRequest
from frontend.web.context import services
from frontend.web.http.dispersion_schema import DISPERSION
from frontend.web.http.json_text import read_json
from frontend.web.http.scenario_schema import SCENARIO
from sim.engine.sampling import MAX_TIMES
from sim.models.json_schema import exactly_one
from sim.scenario import MAX_ANALYSED, MAX_MEMBERS, MEMBER_LIMIT, SEED_LIMIT

if TYPE_CHECKING:
    from flask import Request
    from pydantic_core import ErrorDetails

__all__ = ["STOP", "PropagationBody", "TimesBody", "read_body", "read_json_in_turn"]

BYTE_ORDER_MARKS: Final = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
SHOWN_CHARACTERS: Final = 60  # of a field's name, which the client may have made up
SHORT: Final = 16_384  # bytes: a hundred agents. Reading them takes at most 5 ms
PARSE_S: Final = 3.5e-7  # for each byte of many empty objects; a scenario takes a tenth of it

_UNTIL: Final[dict[str, Any]] = {"type": "number", "exclusiveMinimum": 0}
STOP: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["agent"],
    "properties": {
        "agent": {"type": "string", "description": "An agent that has a primary."},
        "escape": {"type": "boolean", "description": "True, or left out."},
        "within": {"type": "number", "exclusiveMinimum": 0},
    },
    **exactly_one(("escape",), ("within",)),
}

_AGENTS: Final[dict[str, Any]] = {
    "type": ["array", "null"],
    "items": {"type": "string"},
    "minItems": 1,
    "maxItems": MAX_ANALYSED,
    "uniqueItems": True,
}


def _member(schema: dict[str, Any]) -> None:
    """Describe a member, without a default: clients that send it could ask for no ensemble."""
    schema.pop("default")
    schema.update(minimum=0, maximum=MEMBER_LIMIT - 1)


Model = TypeVar("Model", bound=BaseModel)


def _integral(value: object) -> object:
    """Return an int for a float that is one: JSON has one kind of number (RFC 8259, section 6)."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, BeforeValidator(_integral)]


class PropagationBody(BaseModel):
    """A request for a number of steps of a scenario, with the random time steps of a seed."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {"steps": 500},
                {"steps": 1_000_000, "seed": 7},
                {"until": 1000.0},
                {"steps": 1_000_000, "stop": {"agent": "Satellite", "escape": True}},
                {
                    "steps": 10_000,
                    "members": 1_000,
                    "dispersion": [{"agent": "Satellite", "sigma": {"x": 0.001, "vy": 0.0001}}],
                },
                {"steps": 100_000_000, "dry_run": True},
            ],
            **exactly_one(("steps",), ("until",)),
            "dependentRequired": {"stop": ["steps"]},
        },
    )

    steps: Annotated[Whole, Field(json_schema_extra={"minimum": 1}, default=None)]
    """The number of steps of the model; required, unless there is a time: `until`."""
    seed: Annotated[Whole, Field(json_schema_extra={"minimum": 0, "maximum": SEED_LIMIT - 1})] = 0
    """The seed of the random numbers: of time steps, and of a dispersion."""
    member: Annotated[Whole, Field(json_schema_extra=_member)] = 0
    """The member of the seed, 0 if left out: each has random numbers of its own. Not beside members
    above 1."""
    members: Annotated[Whole, Field(json_schema_extra={"minimum": 1, "maximum": MAX_MEMBERS})] = 1
    """The members of the ensemble; with more than 1 the result is of all of them together."""
    dispersion: Annotated[Any, WithJsonSchema(DISPERSION)] = None
    """How the initial states of the members are spread about the scenario's."""
    agents: Annotated[Any, WithJsonSchema(_AGENTS)] = None
    """The agents of which an ensemble keeps statistics; the first 16 that have a primary if left
    out. Only beside members above 1."""
    scenario: Annotated[Any, WithJsonSchema(SCENARIO)] = None
    """What moves, and how; the default scenario if left out."""
    until: Annotated[Any, WithJsonSchema(_UNTIL)] = None
    """In place of steps: as many as it takes until every agent's clock has reached this time."""
    stop: Annotated[Any, WithJsonSchema(STOP)] = None
    """End before `steps` where this happens: just after the 1,000th step in a row at whose start
    the agent's energy was above 0 (`escape`), or the first step at whose start it was so near its
    primary (`within`)."""

    dry_run: bool = False
    """Start nothing: answer with what the request would cost."""

    @model_validator(mode="after")
    def _has_steps(self) -> PropagationBody:
        if self.steps is None and self.until is None:
            raise PydanticCustomError("steps", "steps is missing; give it, or a time: until.")
        return self


class TimesBody(BaseModel):
    """The times at which states are wanted."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        use_attribute_docstrings=True,
        json_schema_extra={"examples": [{"times": [0, 10.5, 20]}]},
    )

    times: Annotated[
        list[Annotated[float, Field(allow_inf_nan=False)]],
        Field(min_length=1, max_length=MAX_TIMES),
    ]
    """Finite numbers, in any order; ascending ones are answered sooner, in less memory."""


def read_json_in_turn(text: bytes | str, what: str) -> Any:  # noqa: ANN401 - whatever JSON may hold
    """Read JSON as `read_json` does; a long one when it is its turn. Raises BadRequest and Busy."""
    if len(text) <= SHORT:
        return read_json(text, what)
    with services().admission.admit(len(text) * PARSE_S):
        return read_json(text, what)


def read_body(model: type[Model], request: Request) -> Model:
    """Read the JSON body of a request; raises BadRequest, and UnsupportedMediaType."""
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    data = request.get_data(cache=False)
    if data.startswith(BYTE_ORDER_MARKS):
        raise BadRequest("The body must be UTF-8 without a byte order mark, as JSON is.")
    document = read_json_in_turn(data, "The body")
    if not isinstance(document, dict):
        raise BadRequest('The body must be a JSON object, such as {"steps": 500}.')
    # Before a missing field: it may be that one, misspelt. pydantic would list all of them.
    unknown = next((name for name in document if name not in model.model_fields), None)
    if unknown is not None:
        shown, known = unknown[:SHOWN_CHARACTERS], ", ".join(model.model_fields)
        raise BadRequest(f"There is no field {shown!r}; there are {known}.")
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise BadRequest(_sentence(error.errors()[0])) from None


def _sentence(error: ErrorDetails) -> str:
    if error["type"] == "steps":  # a sentence of ours
        return error["msg"]
    name = ".".join(str(part) for part in error["loc"])[:SHOWN_CHARACTERS]
    match error["type"]:
        case "missing":
            return f"{name} is missing."
        case "int_type":
            what = "a whole number, without quotes or a fraction"
        case "float_type" | "finite_number":
            what = "a finite number, without quotes"
        case "bool_type":
            what = "true or false, without quotes"
        case "list_type" | "too_long" | "too_short":
            what = f"a list of 1 to {MAX_TIMES:,} numbers"
        case _:
            return f"{name}: {error['msg']}."
    return f"{name} must be {what}."
