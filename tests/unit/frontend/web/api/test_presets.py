"""Claims about the list of presets: complete, described, kept by who has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jsonschema_rs import Draft202012Validator

from frontend.web.api.schemas import schemas
from sim.presets import NAMES, preset

if TYPE_CHECKING:
    from flask.testing import FlaskClient

PATH = "/api/v1/presets"


def test_all_presets_are_listed_with_what_a_request_needs(web: FlaskClient) -> None:
    answer = web.get(PATH)
    assert answer.status_code == 200
    assert answer.content_type == "application/json"
    listed = answer.get_json()
    assert [one["name"] for one in listed] == list(NAMES)
    assert listed[0]["scenario"] == preset("nano").scenario.to_json()
    assert listed[-1]["units"] == {"length": "km", "time": "s"}


def test_the_list_fits_its_schema_and_one_with_a_member_more_does_not(web: FlaskClient) -> None:
    components = {"components": {"schemas": schemas()}}
    validator = Draft202012Validator({"$ref": "#/components/schemas/Presets", **components})
    listed = web.get(PATH).get_json()
    assert validator.is_valid(listed)
    listed[0]["extra"] = 1
    assert not validator.is_valid(listed)


def test_who_has_the_list_is_told_that_it_is_unchanged(web: FlaskClient) -> None:
    first = web.get(PATH)
    again = web.get(PATH, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert first.headers["Cache-Control"] == again.headers["Cache-Control"] == "no-cache"


def test_the_list_takes_no_parameters(web: FlaskClient) -> None:
    assert web.get(f"{PATH}?name=nano").status_code == 400


def test_a_preset_is_propagated_as_it_is_listed(web: FlaskClient) -> None:
    listed = web.get(PATH).get_json()[0]
    body = {"steps": 500, "scenario": listed["scenario"]}
    assert web.post("/api/v1/propagations", json=body).get_json()["id"] == "500"
