from __future__ import annotations

import gzip
import re
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from flask import Flask

from frontend.web import error_handler
from frontend.web.pages import assets

if TYPE_CHECKING:
    from flask.testing import FlaskClient

PAGES = Path(str(resources.files("frontend.web.pages")))
STATIC = PAGES / "static"


@pytest.fixture
def client() -> FlaskClient:
    app = Flask("frontend", static_folder=None, template_folder="web/pages/templates")
    app.register_blueprint(assets.blueprint)
    app.jinja_env.globals["asset"] = assets.url
    error_handler.register(app)
    return app.test_client()


def test_a_file_of_this_version_is_kept_for_ever(client: FlaskClient) -> None:
    answer = client.get(assets.url("styles/porta.css"))
    assert answer.content_type == "text/css; charset=utf-8"
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.data == (STATIC / "styles/porta.css").read_bytes()


def test_a_page_of_another_version_gets_ours_and_does_not_keep_it(client: FlaskClient) -> None:
    answer = client.get("/assets/before/styles/porta.css")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"


def test_plotly_comes_from_its_package_compressed(client: FlaskClient) -> None:
    answer = client.get(assets.url("plotly.min.js"), headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.data) < 2_000_000
    assert b"plotly.js v" in gzip.decompress(answer.data)[:200]


@pytest.mark.parametrize("name", ["nothing.js", "..%2Fapp.py", "%2e%2e/app.py"])
def test_only_what_was_read_at_the_start_is_sent(client: FlaskClient, name: str) -> None:
    assert client.get(f"/assets/{assets.version()}/{name}").status_code == 404


def test_a_template_cannot_name_a_file_that_is_not_there() -> None:
    with pytest.raises(LookupError):
        assets.url("nothing.js")


def test_modules_load_only_modules_that_are_there() -> None:
    loaded = {
        (script.parent / name).resolve()
        for script in STATIC.rglob("*.js")
        for name in re.findall(r'from "(\.[^"]+)"', script.read_text("utf-8"))
    }
    assert loaded
    assert loaded <= set(STATIC.rglob("*.js"))


def test_every_file_is_served_by_its_path() -> None:
    there = {str(one.relative_to(STATIC)) for one in STATIC.rglob("*.*")}
    assert "run/page.js" in there
    for name in there:
        assert assets.url(name).endswith(f"/{name}")


def test_nothing_is_loaded_from_elsewhere() -> None:
    ours = [one for room in ("static", "templates") for one in (PAGES / room).rglob("*.*")]
    assert ours
    for one in ours:
        addresses = re.findall(r"https?://[^\s\"')]+", one.read_text("utf-8"))
        assert set(addresses) <= {"http://www.w3.org/2000/svg"}, one.name


def test_a_page_names_all_modules_that_its_script_needs() -> None:
    found = assets.modules("run/page.js")
    assert {"orbit/orbit_view.js", "shared/text.js", "view/state.js"} <= set(found)
    assert len(set(found)) == len(found)
    assert "run/page.js" not in found
    for name in found:
        assert set(assets.modules(name)) <= {*found, name}
