"""Claims about the rules that all models share; those of each model go through them, too."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from sim.errors import ScenarioError
from sim.models.agent_rules import check_identities, list_of_agents, primaries_of


@dataclass(frozen=True)
class Body:
    name: str
    mu: float = 0.0
    primary: str | None = None


def test_a_name_that_comes_twice_is_refused_with_both_places() -> None:
    with pytest.raises(ScenarioError, match=r"^agents\[2\]\.name is .* that of agents\[0\]\.$"):
        check_identities([Body("A"), Body("B"), Body("A")])


@pytest.mark.parametrize("primary", ["B", "C", "barycentre"])
def test_a_primary_is_another_agent_or_what_else_a_model_knows(primary: str) -> None:
    bodies = [Body("A"), Body("B", primary=primary)]
    with pytest.raises(ScenarioError, match=r"^agents\[1\]\.primary must be the name of another"):
        check_identities(bodies)
    check_identities(bodies, other_primaries=(primary,))


def test_without_a_name_the_heaviest_is_the_primary_of_those_that_are_lighter() -> None:
    bodies = [Body("A", 1.0), Body("B", 2.0), Body("C", 2.0), Body("D", 0.0, "A")]
    assert primaries_of(bodies) == (1, None, None, 0)
    assert primaries_of([Body("A", 0.0, "elsewhere")]) == (None,)


@pytest.mark.parametrize("value", [None, {}, "agents", (), []])
def test_agents_are_a_list_that_is_not_empty(value: object) -> None:
    with pytest.raises(ScenarioError, match=r"^agents must be "):
        list_of_agents(value)
