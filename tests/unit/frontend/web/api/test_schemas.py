"""Claims about schemas that are derived: real documents fit them, and nothing else does."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema_rs import Draft202012Validator

from frontend.domain.resource import API_ROOT
from frontend.web.api.schemas import schemas
from sim.scenario import NANO

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

VIEWS = ["", "frame=primary", "pixels=16", "t0=1e9", "agents=1"]
DAMAGE: list[Callable[[Any], object]] = [
    lambda view: view.pop("exact"),
    lambda view: view.update(extra=1),
    lambda view: view["window"].pop("t1"),
    lambda view: view["agents"][1].pop("primary"),
    lambda view: view["agents"][1].update(extra=1),
    lambda view: view["agents"][1]["path"].pop("mode"),
    lambda view: view["agents"][1]["path"].update(mode="dots"),
    lambda view: view["agents"][1]["path"].update(vx=[]),
    lambda view: view["agents"][1]["series"].pop("x"),
    lambda view: view["agents"][1]["series"].update(q={"min": [], "max": []}),
    lambda view: view["agents"][1]["series"]["r"].pop("min"),
    lambda view: view["agents"][1]["series"]["t"].append("1.5"),
]


@cache
def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas()}}
    )


@pytest.mark.parametrize("query", VIEWS)
def test_an_overview_fits_its_schema(web: FlaskClient, query: str) -> None:
    validator("Overview").validate(web.get(f"{API_ROOT}/500/overview?{query}").get_json())


@pytest.mark.parametrize("damage", range(len(DAMAGE)))
def test_an_overview_with_a_member_more_or_less_does_not(web: FlaskClient, damage: int) -> None:
    view = web.get(f"{API_ROOT}/500/overview?pixels=16").get_json()
    damaged = deepcopy(view)
    DAMAGE[damage](damaged)
    assert validator("Overview").is_valid(view)
    assert not validator("Overview").is_valid(damaged)


def test_every_member_of_an_overview_is_described() -> None:
    known = schemas()
    for name in (
        "Overview",
        "AgentFigure",
        "PathColumns",
        "SeriesColumns",
        "Band",
        "Span",
        "Series",
        "AgentSeries",
        "LastState",
    ):
        assert known[name]["description"]
        assert all(member.get("description") for member in known[name]["properties"].values())


def test_a_resource_and_a_problem_fit_their_schemas(web: FlaskClient) -> None:
    for steps in (500, 200_000):
        resource = web.post(API_ROOT, json={"steps": steps}).get_json()
        validator("Resource").validate(resource)
        validator("Links").validate(resource["links"])
    validator("Problem").validate(web.get(f"{API_ROOT}/0").get_json())


def test_a_body_that_is_taken_fits_its_schema() -> None:
    body = validator("PropagationBody")
    agents = [NANO.agents[0].to_json() | {"name": f"{i}"} for i in range(1_001)]
    assert body.is_valid({"steps": 5, "seed": 2**53 - 1, "scenario": NANO.to_json()})
    assert not body.is_valid({"steps": 5, "seed": 2**53})
    assert body.is_valid({"steps": 5, "member": 2**53 - 1})
    assert not body.is_valid({"steps": 5, "member": 2**53})
    assert body.is_valid({"steps": 5, "scenario": NANO.to_json() | {"agents": agents[:-1]}})
    assert not body.is_valid({"steps": 5, "scenario": NANO.to_json() | {"agents": agents}})


def free_forms(node: object, where: str = "") -> list[str]:
    """Where a schema allows an object of which it says nothing."""
    if isinstance(node, list):
        return [
            one for place, part in enumerate(node) for one in free_forms(part, f"{where}/{place}")
        ]
    if not isinstance(node, dict):
        return []
    says_nothing = node.get("type") == "object" and not (
        node.get("properties") or isinstance(node.get("additionalProperties"), dict)
    )
    inner = [one for name, part in node.items() for one in free_forms(part, f"{where}/{name}")]
    return [where, *inner] if says_nothing else inner


def test_no_object_is_free_of_form() -> None:
    assert free_forms({"type": "object"}) == [""]
    assert free_forms(schemas()) == []


@pytest.mark.parametrize("members", [1, 3])
def test_the_statistics_of_a_result_fit_their_schema(web: FlaskClient, members: int) -> None:
    resource = web.post(API_ROOT, json={"steps": 500, "members": members}).get_json()
    of_result = validator("Result" if members == 1 else "EnsembleResult")
    of_result.validate(resource["statistics"])
    resource["statistics"]["more"] = 1
    assert not of_result.is_valid(resource["statistics"])
    assert not validator("Resource").is_valid(resource)


@pytest.mark.parametrize(("query", "name"), [("", "Records"), ("?times=0,1,1e9", "States")])
def test_records_and_states_fit_their_schemas(web: FlaskClient, query: str, name: str) -> None:
    rows = web.get(f"{API_ROOT}/500/records{query}").get_json()
    validator(name).validate(rows)
    rows[0].append(1)
    assert not validator(name).is_valid(rows)
