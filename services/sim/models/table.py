"""The models that there are: a row each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sim.errors import ScenarioError
from sim.models.nano.scenario import NANO_MODEL
from sim.models.nbody.scenario import NBODY_MODEL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sim.models.model import Model, Scenario

__all__ = ["MODELS", "model_of", "read_scenario"]

MODELS: Final[dict[str, Model]] = {model.name: model for model in (NANO_MODEL, NBODY_MODEL)}

_WITHOUT_MODEL: Final = (
    f" It names no model, so it was read as one of {NANO_MODEL.name}; for gravity in space say "
    f'"model": "{NBODY_MODEL.name}".'
)


def model_of(scenario: Mapping[str, object]) -> Model | None:
    """Return the model that a scenario's JSON is of: `nano` if it names none; None if unknown."""
    name = scenario.get("model", NANO_MODEL.name)
    return MODELS.get(name) if isinstance(name, str) else None


def read_scenario(value: object) -> Scenario:
    """Read a scenario of any model from parsed JSON; without a model it is one of `nano`."""
    if not isinstance(value, dict):
        raise ScenarioError("scenario", "must be an object.")
    model = model_of(value)
    if model is None:
        raise ScenarioError("model", f"must be one of {', '.join(MODELS)}.")
    try:
        return model.read({key: field for key, field in value.items() if key != "model"})
    except ScenarioError as error:
        if error.where != "scenario" or "model" in value:
            raise
        raise ScenarioError(error.where, error.problem + _WITHOUT_MODEL) from None
