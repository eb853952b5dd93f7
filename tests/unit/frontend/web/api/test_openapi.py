from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from frontend import create_app
from frontend.bootstrap import build_services
from frontend.domain.resource import API_ROOT
from frontend.settings import Settings
from frontend.web.api.ensemble_operations import ENSEMBLE_OPERATIONS
from frontend.web.api.openapi import document
from frontend.web.api.operations import OPERATIONS
from frontend.web.api.schemas import OF_ENSEMBLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse


ONE = f"{API_ROOT}/{{id}}"
ELSEWHERE = {"Sec-Fetch-Site": "cross-site"}
EVERY_ANSWER: list[tuple[str, str, int, dict[str, Any]]] = [
    ("post", "", 200, {"json": {"steps": 500}}),
    ("post", "", 202, {"json": {"steps": 200_000}}),
    ("post", "", 400, {"json": {"steps": 0}}),
    ("post", "", 403, {"json": {"steps": 5}, "headers": ELSEWHERE}),
    ("post", "", 413, {"data": b"x" * 2_000_001, "content_type": "application/json"}),
    ("post", "", 415, {"data": b"x"}),
    ("get", "/500", 200, {}),
    ("get", "/0", 400, {}),
    ("get", "/501", 404, {}),
    ("delete", "/0", 400, {}),
    ("delete", "/500", 403, {"headers": ELSEWHERE}),
    ("delete", "/501", 404, {}),
    ("delete", "/200000", 204, {}),
    ("get", "/500/records", 200, {}),
    ("get", "/500/records?t0=x", 400, {}),
    ("get", "/300000/records", 404, {}),
    ("get", "/500/records", 206, {"headers": {"Range": "bytes=0-9"}}),
    ("get", "/500/records", 412, {"headers": {"If-Match": '"other"'}}),
    ("get", "/500/records.csv", 412, {"headers": {"If-Match": '"other"', "Range": "bytes=0-9"}}),
    ("get", "/500/members?members=3&format=csv", 412, {"headers": {"If-Match": '"other"'}}),
    ("get", "/500/records", 416, {"headers": {"Range": "bytes=999999999-"}}),
    ("get", "/500/records", 406, {"headers": {"Accept": "text/html"}}),
    ("post", "/500/records", 406, {"json": {"times": [1]}, "headers": {"Accept": "text/html"}}),
    ("get", "/500/records.parquet", 200, {}),
    ("get", "/500/records.csv", 206, {"headers": {"Range": "bytes=0-9"}}),
    ("get", "/500/records.csv", 416, {"headers": {"Range": "bytes=999999999-"}}),
    ("get", "/500/members.arrow?members=3", 200, {}),
    ("get", "/500/members?members=3", 406, {"headers": {"Accept": "text/html"}}),
    ("get", "?limit=1", 200, {}),
    ("get", "?limit=0", 400, {}),
    ("get", "/500/overview", 200, {}),
    ("get", "/500/overview?pixels=x", 400, {}),
    ("get", "/500/series", 200, {}),
    ("get", "/500/series?agents=9", 400, {}),
    ("get", "/300000/series", 404, {}),
    ("get", "/300000/overview", 404, {}),
    ("get", "/500/path", 200, {}),
    ("get", "/500/path?points=x", 400, {}),
    ("get", "/300000/path", 404, {}),
    ("post", "", 200, {"json": {"steps": 500, "dry_run": True}}),
    ("get", "/500/ensemble?members=3", 200, {}),
    ("get", "/500/ensemble?x=1", 400, {}),
    ("get", "/500/ensemble?members=4", 404, {}),
    ("get", "/500/density?members=3", 200, {}),
    ("get", "/500/density?x=1", 400, {}),
    ("get", "/500/density?members=4", 404, {}),
    ("get", "/500/members?members=3", 200, {}),
    ("get", "/500/members?x=1", 400, {}),
    ("get", "/500/members?members=4", 404, {}),
    ("get", "/500/events", 200, {}),
    ("get", "/0/events", 400, {}),
    ("get", "/501/events", 404, {}),
]


def described(method: str, path: str) -> dict[str, Any]:
    """Find what the description says of a request."""
    view = path.partition("?")[0].lstrip("/").partition("/")[2]
    template = API_ROOT if not path.partition("?")[0] else f"{ONE}/{view}".rstrip("/")
    found: dict[str, Any] = document()["paths"][template][method]
    return found


def media_type(answer: TestResponse) -> str:
    return answer.content_type.split(";")[0]


def test_every_route_and_method_of_the_api_is_described_and_nothing_else(app: Flask) -> None:
    served = {
        (re.sub(r"<.*?>", "{id}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert served == {
        (path, method) for path, methods in document()["paths"].items() for method in methods
    }


@pytest.mark.parametrize(("method", "path", "status", "sent"), EVERY_ANSWER)
def test_every_answer_is_described_with_its_media_type(
    web: FlaskClient, method: str, path: str, status: int, sent: dict[str, Any]
) -> None:
    web.post(API_ROOT, json={"steps": 500})
    web.post(API_ROOT, json={"steps": 500, "members": 3})
    if method == "delete":
        web.post(API_ROOT, json={"steps": 200_000})
    answer = web.open(API_ROOT + path, method=method.upper(), **sent)
    assert answer.status_code == status
    content = described(method, path)["responses"][str(status)].get("content", {})
    if status != 204:
        assert media_type(answer) in {one.split(";")[0] for one in content}


@pytest.mark.parametrize(
    "path",
    [
        "/500/records",
        "/500/overview",
        "/500/series",
        *(f"/500/{view}?members=3" for view in ("ensemble", "density", "members")),
    ],
)
def test_what_is_unchanged_is_described(web: FlaskClient, path: str) -> None:
    web.post(API_ROOT, json={"steps": 500, "members": 3})
    etag = {"If-None-Match": web.get(API_ROOT + path).headers["ETag"]}
    assert web.get(API_ROOT + path, headers=etag).status_code == 304
    assert "304" in described("get", path)["responses"]


def test_storage_that_is_away_is_described_for_all_that_reads_it() -> None:
    away = Settings(redis_url="redis://127.0.0.1:1")
    web = create_app(services=build_services(away)).test_client()
    for operation in OPERATIONS:
        if not operation.path.startswith(API_ROOT):
            continue  # presets and the description are no storage's
        path = operation.path.replace("{id}", "500")
        if operation in ENSEMBLE_OPERATIONS or "/members." in path:
            path += "?members=3"
        bodies: dict[str | None, dict[str, object]] = {
            "PropagationBody": {"json": {"steps": 500}},
            "TimesBody": {"json": {"times": [1.0]}},
        }
        body = bodies.get(operation.body, {})
        assert web.open(path, method=operation.method.upper(), **body).status_code == 503  # type: ignore[arg-type]  # one of the client's own options
        assert 503 in operation.answers


def test_every_reference_leads_somewhere() -> None:
    schemas = document()["components"]["schemas"]
    for reference in references(document()):
        assert reference.removeprefix("#/components/schemas/") in schemas


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(reference := node.get("$ref"), str):
            yield reference
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_the_resource_is_described_as_it_is_sent(web: FlaskClient) -> None:
    schemas = document()["components"]["schemas"]
    sent = web.post(API_ROOT, json={"steps": 500}).get_json()
    assert set(schemas["Resource"]["required"]) == set(sent)
    for name, schema in (("progress", "Progress"), ("timings", "Timings"), ("links", "Links")):
        described = set(schemas[schema]["properties"])
        elsewhere = {"propagation", *OF_ENSEMBLES}  # what only orders and ensembles have
        assert described - elsewhere == set(sent[name])
