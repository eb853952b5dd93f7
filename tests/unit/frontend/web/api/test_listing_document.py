from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from jsonschema_rs import Draft202012Validator

from frontend.domain.resource import API_ROOT
from frontend.web.api.schemas import schemas

if TYPE_CHECKING:
    from typing import Any

    from flask.testing import FlaskClient


@pytest.fixture
def document(web: FlaskClient) -> Any:  # noqa: ANN401 - JSON
    for body in ({"steps": 500}, {"steps": 20, "members": 3}, {"steps": 200_000}, {"until": 1e5}):
        assert web.post(API_ROOT, json=body).status_code in {200, 202}
    return web.get(API_ROOT).get_json()


def test_the_listing_fits_its_schema_and_nothing_else_does(document: Any) -> None:  # noqa: ANN401 - JSON
    of_listing = {"$ref": "#/components/schemas/Listing", "components": {"schemas": schemas()}}
    validator = Draft202012Validator(of_listing)
    assert len(document["propagations"]) == 4
    validator.validate(document)
    document["propagations"][0]["links"].pop("page")
    assert not validator.is_valid(document)
