"""Claims about addresses that end like files, and about HEAD and Range at all that have files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from frontend.domain.resource import API_ROOT
from frontend.web.api.ensemble_parameters import TABLE_FORMATS
from frontend.web.api.file_routes import FILE_OPERATIONS

if TYPE_CHECKING:
    from flask.testing import FlaskClient

ENSEMBLE = "200/members{}members=3"
EACH = pytest.mark.parametrize("name", TABLE_FORMATS)


@pytest.fixture(autouse=True)
def _ensemble(web: FlaskClient) -> None:
    assert web.post(API_ROOT, json={"steps": 200, "members": 3}).status_code == 200


@EACH
@pytest.mark.parametrize("query", ["", "t0=1&t1=3", "every=7", "times=0,1,2", "max_points=20"])
def test_records_are_the_same_file_at_both_addresses(
    web: FlaskClient, name: str, query: str
) -> None:
    suffix = TABLE_FORMATS[name].suffix
    file = web.get(f"{API_ROOT}/500/records{suffix}?{query}", headers={"Accept": "text/html"})
    same = web.get(f"{API_ROOT}/500/records?format={name}&{query}")
    assert (file.status_code, file.data) == (200, same.data)
    for header in ("ETag", "Content-Type", "Content-Disposition"):
        assert file.headers[header] == same.headers[header]
    assert "Accept" not in file.headers.getlist("Vary")


@EACH
def test_members_are_the_same_file_at_both_addresses(web: FlaskClient, name: str) -> None:
    suffix = TABLE_FORMATS[name].suffix
    file = web.get(f"{API_ROOT}/200/members{suffix}?members=3&sort=-closest")
    same = web.get(f"{API_ROOT}/200/members?members=3&format={name}&sort=-closest")
    assert (file.status_code, file.data) == (200, same.data)
    assert file.headers["ETag"] == same.headers["ETag"]


@pytest.mark.parametrize(
    "path",
    [
        f"{API_ROOT}/500/records",
        f"{API_ROOT}/500/records.parquet",
        f"{API_ROOT}/500/records?format=csv&every=3",
        f"{API_ROOT}/500/records.arrow?times=0,1,2",
        f"{API_ROOT}/200/members.parquet?members=3",
        "/propagate/500/data.js",
    ],
)
def test_every_file_has_a_length_and_any_part_of_it_without_compression(
    web: FlaskClient, path: str
) -> None:
    packed = {"Accept-Encoding": "gzip"}
    head = web.head(path, headers=packed)
    whole = web.get(path, headers=packed)
    size = len(whole.data)
    assert head.status_code == whole.status_code == 200
    assert head.headers["Content-Length"] == whole.headers["Content-Length"] == str(size)
    assert not head.headers["ETag"].startswith("W/")
    for text, part in (("0-3", whole.data[:4]), ("-8", whole.data[-8:]), ("5-", whole.data[5:])):
        answer = web.get(path, headers=packed | {"Range": f"bytes={text}"})
        assert (answer.status_code, answer.data) == (206, part)
        assert answer.headers["ETag"] == head.headers["ETag"]
        assert answer.headers["Content-Type"] == whole.headers["Content-Type"]
        assert "Content-Encoding" not in answer.headers
    beyond = web.get(path, headers={"Range": f"bytes={size}-"})
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{size}")
    several = web.get(path, headers={"Range": "bytes=0-1,4-5"})
    assert (several.status_code, several.data) == (200, whole.data)


@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_what_is_not_there_has_no_part(web: FlaskClient, method: str) -> None:
    headers = {"Range": "bytes=0-1"}
    for path in ("300000/records.csv", "200/members.csv?members=4"):
        answer = web.open(f"{API_ROOT}/{path}", method=method, headers=headers)
        assert answer.status_code == 404


def test_each_operation_has_one_format_and_none_to_choose() -> None:
    for operation in FILE_OPERATIONS:
        assert len(operation.media_types) == 1
        assert "format" not in {parameter.name for parameter in operation.query}
