from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from frontend.web.pages import manual

if TYPE_CHECKING:
    from flask.testing import FlaskClient

PAGE = "<!doctype html>\n<title>Porta</title>\n"


@pytest.fixture
def site(tmp_path: Path, web: FlaskClient) -> Path:
    """An empty folder, in the place of the one that `make docs` fills."""
    folder = tmp_path / "site"
    folder.mkdir()
    web.application.config["MANUAL"] = str(folder)
    return folder


@pytest.fixture
def built(site: Path) -> Path:
    (site / "index.html").write_text(PAGE)
    (site / "_static").mkdir()
    (site / "_static" / "manual.css").write_text("p { margin: 0 }\n" * 100)
    (site / "notes.txt").write_text("not for readers")
    (site.parent / "secret.html").write_text("not for readers")
    return site


@pytest.mark.usefixtures("built")
def test_its_first_page_is_at_manual(web: FlaskClient) -> None:
    lead = web.get("/manual")
    assert (lead.status_code, lead.headers["Location"]) == (308, "/manual/")
    answer = web.get("/manual/")
    assert answer.text == PAGE
    assert answer.content_type == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.usefixtures("built")
def test_a_browser_keeps_a_file_and_asks_whether_it_has_changed(web: FlaskClient) -> None:
    first = web.get("/manual/_static/manual.css", headers={"Accept-Encoding": "gzip"})
    assert first.headers["Content-Encoding"] == "gzip"
    assert first.headers["Cache-Control"] == "no-cache"
    again = web.get("/manual/_static/manual.css", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.headers["Cache-Control"] == "no-cache"


def test_a_file_that_was_built_anew_is_sent(web: FlaskClient, built: Path) -> None:
    etag = web.get("/manual/").headers["ETag"]
    (built / "index.html").write_text(PAGE + "<p>New\n")
    assert web.get("/manual/", headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    "path", ["nowhere.html", "../secret.html", "%2e%2e/secret.html", "notes.txt", "_static", "a\0b"]
)
def test_what_is_not_of_the_manual_is_404_with_a_sentence(web: FlaskClient, path: str) -> None:
    answer = web.get(f"/manual/{path}")
    assert answer.status_code == 404
    assert "not for readers" not in answer.text


@pytest.mark.usefixtures("site")
def test_where_it_was_not_built_a_sentence_says_how_to(web: FlaskClient) -> None:
    answer = web.get("/manual/")
    assert answer.status_code == 404
    assert "make docs builds it" in answer.text


@pytest.mark.usefixtures("built")
def test_under_a_path_prefix_it_leads_there(web: FlaskClient) -> None:
    answer = web.get("/manual", environ_overrides={"SCRIPT_NAME": "/tools"})
    assert answer.headers["Location"] == "/tools/manual/"


def test_every_page_leads_to_it(web: FlaskClient) -> None:
    assert web.get("/docs").text.count('href="/manual/"') == 2


def test_the_site_has_its_place_beside_the_pages() -> None:
    assert (Path(manual.SITE).parent / "templates").is_dir()
