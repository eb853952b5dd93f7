"""A format that is added to the table, and to nothing else, is offered everywhere.

It is added in a process of its own, before anything has read the table.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests import redis_servers

if TYPE_CHECKING:
    from pathlib import Path

    from tests.redis_servers import RedisServer

PROGRAM: Final = """
import contextlib, json, sys
from dataclasses import replace
from sim.export import formats

redis_url, page_file, file = sys.argv[1], sys.argv[2] or None, sys.argv[3]
written = lambda batches, _schema: (b"%d\\n" % batch.num_rows for batch in batches)
formats._TABLE["counts"] = replace(
    formats.FORMATS["csv"],
    name="counts", suffix=".counts", media_type="text/x-counts", title="Counts",
    description="how many records there are", page_file=page_file, write=written,
)

from click.testing import CliRunner
from frontend.bootstrap import build_services
from frontend.cli.main import porta
from frontend.settings import Settings
from frontend.web.app import create_app

with contextlib.closing(build_services(Settings(redis_url=redis_url))) as services:
    web = create_app(services=services).test_client()
    page = web.get("/propagate/500").text
    path = f"/propagate/500/{page_file}" if page_file else \\
        "/api/v1/propagations/500/records?format=counts"
    download = web.get(path)
    refused = web.get(f"/propagate/0/{page_file}") if page_file else web.get(path + "s")
    report = {
        "path": path, "page": page, "download": download.text, "type": download.content_type,
        "refusal": [refused.status_code, refused.content_type],
        "openapi": web.get("/api/v1/openapi.json").get_json(), "docs": web.get("/docs").text,
    }
report["help"] = CliRunner().invoke(porta, ["propagate", "--help"]).output
report["command"] = CliRunner().invoke(porta, ["propagate", "500", "--output", file]).exit_code
print(json.dumps(report))
"""


def report_with(redis_url: str, folder: Path, page_file: str = "") -> dict[str, Any]:
    """Add a format, and return what page, API and command line say of it and do with it."""
    words = [redis_url, page_file, str(folder / "orbit.counts")]
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", PROGRAM, *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("records")


@pytest.fixture(scope="module")
def added(redis_server: RedisServer, folder: Path) -> dict[str, Any]:
    return report_with(redis_servers.as_porta(redis_server.url), folder)


def test_a_format_of_the_table_is_on_the_page_and_can_be_downloaded(added: dict[str, Any]) -> None:
    assert f'<a href="{added["path"]}" download>Counts</a>' in added["page"]
    assert "how many records there are, about " in added["page"]
    assert sum(map(int, added["download"].split())) > 500
    assert added["type"].startswith("text/x-counts")


def test_a_format_of_the_table_is_described_to_programs_and_people(added: dict[str, Any]) -> None:
    operation = added["openapi"]["paths"]["/api/v1/propagations/{id}/records"]["get"]
    (choice,) = [one for one in operation["parameters"] if one["name"] == "format"]
    assert "counts" in choice["schema"]["enum"]
    assert "`counts` (how many records there are)" in choice["description"]
    assert "text/x-counts" in operation["responses"]["200"]["content"]
    assert "<code>counts</code>" in added["docs"]
    assert "counts (how many records there are)" in added["docs"]
    assert "text/x-counts" in added["docs"]


def test_a_format_of_the_table_is_written_by_the_command_line(
    added: dict[str, Any], folder: Path
) -> None:
    assert ".counts" in added["help"]
    assert added["command"] == 0
    assert (folder / "orbit.counts").read_text() == added["download"]


def test_a_format_with_a_file_beside_the_page_is_offered_there_and_not_by_the_api(
    redis_url: str, tmp_path: Path
) -> None:
    report = report_with(redis_url, tmp_path, page_file="counts.txt")
    assert '<a href="/propagate/500/counts.txt" download>Counts</a>' in report["page"]
    assert sum(map(int, report["download"].split())) > 500
    assert report["refusal"] == [400, "application/problem+json"]
    assert ".counts" in report["help"]
    assert "x-counts" not in json.dumps(report["openapi"])
