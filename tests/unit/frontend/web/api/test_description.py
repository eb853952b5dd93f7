"""Claims about where the description is served: to programs as JSON, to people as a page."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from frontend.domain.resource import API_ROOT
from frontend.web.api.openapi import document
from frontend.web.api.operations import OPERATIONS
from sim.models.table import MODELS

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.guarded import Guarded


def test_the_document_is_served_and_has_a_page_for_people(web: FlaskClient) -> None:
    assert web.get("/api/v1/openapi.json").get_json() == document()
    page = web.get("/docs").text
    for operation in OPERATIONS:
        assert operation.summary in page
        assert f'id="{operation.name}"' in page


def test_it_names_the_methods_of_the_models_and_what_is_their_doing(web: FlaskClient) -> None:
    page = html.unescape(web.get("/docs").text)
    described = document()["info"]["description"]
    for model in MODELS.values():
        assert model.methods
        for method in model.methods:
            for words in (method.sentence, method.source, method.caution):
                assert words in page
                assert words in described


def test_every_link_on_the_page_leads_somewhere_on_it(web: FlaskClient) -> None:
    page = web.get("/docs").text
    targets = set(re.findall(r'id="([^"]+)"', page))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= targets


def test_where_a_token_is_needed_is_said_only_where_there_are_tokens(guarded: Guarded) -> None:
    api = guarded.client().get("/api/v1/openapi.json").get_json()
    assert api["paths"][API_ROOT]["post"]["security"] == [{"token": []}]
    assert "security" not in api["paths"][f"{API_ROOT}/{{id}}"]["get"]
    assert api["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert "security" not in document()["paths"][API_ROOT]["post"]


def test_the_page_shows_every_schema_and_every_member(web: FlaskClient) -> None:
    page = web.get("/docs").text
    for name, schema in document()["components"]["schemas"].items():
        assert f'id="{name}"' in page
        for member in schema.get("properties", ()):
            assert f"<code>{member}</code>" in page


def test_a_new_version_of_the_description_is_seen_at_once(web: FlaskClient) -> None:
    assert web.get("/api/v1/openapi.json").headers["Cache-Control"] == "no-cache"
