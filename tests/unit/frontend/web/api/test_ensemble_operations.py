"""Claims about the operations on ensembles; test_openapi.py holds them to the routes."""

from __future__ import annotations

import pytest
from jsonschema_rs import Draft202012Validator

from frontend.web.api.ensemble_operations import ENSEMBLE_OPERATIONS
from frontend.web.api.openapi import document
from frontend.web.api.operation import JSON, Operation
from frontend.web.api.schemas import schemas

OF_FILES = {206, 406, 412, 416}
EACH = pytest.mark.parametrize("operation", ENSEMBLE_OPERATIONS, ids=lambda one: str(one.name))


@EACH
def test_an_operation_on_an_ensemble_only_reads(operation: Operation) -> None:
    assert operation.method == "get"
    assert operation.body is None
    assert operation.path.startswith("/api/v1/propagations/{id}/")
    assert {200, 304, 400, 404, 503} == set(operation.answers) - OF_FILES


@EACH
def test_its_json_has_a_schema_and_an_example_and_a_file_is_a_string(operation: Operation) -> None:
    answers = document()["paths"][operation.path]["get"]["responses"]
    for media_type, body in answers["200"]["content"].items():
        assert (body["schema"].get("type") == "string") == (media_type != JSON)
        assert ("example" in body) == (media_type == JSON and operation.example is not None)


@pytest.mark.parametrize(
    "operation",
    [one for one in ENSEMBLE_OPERATIONS if one.example is not None],
    ids=lambda one: str(one.name),
)
def test_an_example_fits_the_schema(operation: Operation) -> None:
    Draft202012Validator(
        {
            "$ref": f"#/components/schemas/{operation.schema}",
            "components": {"schemas": schemas()},
        }
    ).validate(operation.example)
