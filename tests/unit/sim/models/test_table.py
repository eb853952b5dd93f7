from __future__ import annotations

import pytest

from sim.errors import ScenarioError
from sim.models.table import MODELS, read_scenario
from sim.scenario import NANO


def test_a_scenario_without_a_model_is_one_of_nano() -> None:
    assert read_scenario(NANO.to_json()) == NANO
    assert read_scenario({"model": "nano", **NANO.to_json()}) == NANO
    assert "model" not in NANO.canonical


@pytest.mark.parametrize("model", ["nanno", "", None, 1, ["nano"], {}])
def test_an_unknown_model_is_refused_with_the_names_of_those_there_are(model: object) -> None:
    with pytest.raises(ScenarioError) as refusal:
        read_scenario({**NANO.to_json(), "model": model})
    assert refusal.value.where == "model"
    assert all(name in refusal.value.problem for name in MODELS)


@pytest.mark.parametrize("fields", [{"integrator": "leapfrog", "dt": 1.0}, {}])
def test_a_scenario_without_a_model_that_is_none_of_nano_is_told_how_to_name_one(
    fields: dict[str, object],
) -> None:
    with pytest.raises(ScenarioError) as refusal:
        read_scenario({"agents": [], **fields})
    assert refusal.value.problem.endswith('for gravity in space say "model": "nbody".')
    with pytest.raises(ScenarioError) as named:
        read_scenario({"agents": [], "model": "nano", **fields})
    assert "names no model" not in named.value.problem


@pytest.mark.parametrize("value", [None, [], "nano", 1.0])
def test_a_scenario_is_an_object(value: object) -> None:
    with pytest.raises(ScenarioError, match=r"^scenario must be an object\.$"):
        read_scenario(value)
