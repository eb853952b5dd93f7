"""Claims about the documents of ensembles: real ones fit their types, and nothing else does."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema_rs import Draft202012Validator

from frontend.domain.resource import API_ROOT
from frontend.web.api.ensemble_documents import EXAMPLES
from frontend.web.api.schemas import schemas
from sim.models.table import MODELS

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

NAMES = ("Ensemble", "Density", "Members", "Cost")
PARTS = (
    *("AgentEnsemble", "BoundColumns", "DensityOutline", "EnsembleGrid", "MemberRow"),
    *("NominalColumns", "NotableMembers", "OutcomeCounts", "QuantileColumns"),
)
VIEWS = {
    "Ensemble": ["ensemble"],
    "Density": ["density?format=json&size=128", "density?format=json&size=128&span=2"],
    "Members": ["members", "members?limit=1&sort=-closest&where=bound"],
}
DAMAGE: list[Callable[[Any], object]] = [
    lambda view: view.pop("grid"),
    lambda view: view.update(extra=1),
    lambda view: view["agents"]["Satellite"].pop("ended"),
    lambda view: view["agents"]["Satellite"]["quantiles"]["energy"].update({"2": []}),
    lambda view: view["agents"]["Satellite"]["outcomes"].update(lost=1),
    lambda view: view["agents"]["Satellite"]["escape"]["members"].update({"50": 0.5}),
    lambda view: view["agents"]["Satellite"]["bound"]["low"].append(None),
]


@cache
def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas()}}
    )


def of_ensemble(web: FlaskClient, view: str, steps: int = 40) -> Any:  # noqa: ANN401 - JSON
    made = web.post(API_ROOT, json={"steps": steps, "members": 3}).get_json()
    return web.get(f"{API_ROOT}/{made['id']}/{view}").get_json()


@pytest.mark.parametrize(
    ("name", "view"), [(name, view) for name, views in VIEWS.items() for view in views]
)
def test_a_real_document_fits_its_schema(web: FlaskClient, name: str, view: str) -> None:
    validator(name).validate(of_ensemble(web, view))


@pytest.mark.parametrize("damage", range(len(DAMAGE)))
def test_a_document_with_a_member_more_or_less_does_not(damage: int) -> None:
    damaged = deepcopy(EXAMPLES["Ensemble"])
    DAMAGE[damage](damaged)
    assert validator("Ensemble").is_valid(EXAMPLES["Ensemble"])
    assert not validator("Ensemble").is_valid(damaged)


def test_every_member_of_the_documents_is_described() -> None:
    known = schemas()
    for name in (*NAMES, *PARTS):
        assert known[name]["description"]
        assert all(member.get("description") for member in known[name]["properties"].values())


def test_a_row_may_have_the_columns_of_every_model() -> None:
    from sim.ensemble.table import table_schema

    row = schemas()["MemberRow"]
    for model in MODELS.values():
        columns = set(table_schema(model.example()).names)
        assert set(row["required"]) <= columns <= set(row["properties"])
