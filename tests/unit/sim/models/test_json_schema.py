from __future__ import annotations

import pytest
from jsonschema_rs import Draft202012Validator

from sim.models.json_schema import NUMBER, agents_of, closed_object
from sim.models.table import MODELS

POINT = closed_object(("x",), {"x": NUMBER, "y": NUMBER})


@pytest.mark.parametrize(
    ("value", "is_valid"),
    [({"x": 1}, True), ({"x": 1, "y": 2.5}, True), ({"y": 2}, False), ({"x": 1, "z": 3}, False)],
)
def test_a_closed_object_has_what_it_needs_and_nothing_else(
    value: object, *, is_valid: bool
) -> None:
    assert Draft202012Validator(POINT).is_valid(value) == is_valid


@pytest.mark.parametrize(
    ("agents", "is_valid"), [(0, False), (1, True), (1_000, True), (1_001, False)]
)
def test_there_are_one_to_a_thousand_agents(agents: int, *, is_valid: bool) -> None:
    assert Draft202012Validator(agents_of(POINT)).is_valid([{"x": 1}] * agents) == is_valid


@pytest.mark.parametrize("name", MODELS)
def test_the_example_of_a_model_fits_its_own_schema_and_no_others(name: str) -> None:
    example = MODELS[name].example().to_json()
    fitting = [
        other.name
        for other in MODELS.values()
        if Draft202012Validator(other.schema).is_valid(example)
    ]
    assert fitting == [name]
