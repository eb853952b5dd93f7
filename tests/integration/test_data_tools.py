"""Parquet by URL, as people's tools read it: polars, pandas and DuckDB, from a real web.

They ask for its length, its footer and the columns that they need. DuckDB's own HTTP extension is a
download of its own; here it reads through fsspec, which it supports too.
"""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import duckdb
import fsspec
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest
from fsspec.implementations.http import HTTPFileSystem

from tests import http_client
from tests.installation import Installation, web_alone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.redis_servers import RedisServer

API: Final = "/api/v1/propagations"
DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "data-tools.md"
STEPS: Final = 200_000  # some ten row groups


@pytest.fixture(scope="module")
def porta(
    redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("web")
    with web_alone(
        redis_server.url,
        folder,
        PORTA_EXPORT_FOLDER=str(folder / "exports"),
        PORTA_EXPORT_CACHE="64MiB",
        PORTA_INLINE_WORK="5000000",  # so no run is needed
    ) as porta:
        yield porta


@pytest.fixture(scope="module")
def url(porta: Installation) -> str:
    """The address of a Parquet file that nobody has asked for yet."""
    return f"{porta.url}{API}/{STEPS}/records.parquet"


@pytest.fixture(scope="module")
def table(url: str) -> pl.DataFrame:
    """The same file, downloaded as a whole."""
    return pl.read_parquet(io.BytesIO(http_client.get(url).content))


def test_polars_reads_what_it_needs_by_url(url: str, table: pl.DataFrame) -> None:
    late = pl.col("t0") > table["t0"].max() * 0.9  # type: ignore[operator]  # a number
    found = pl.scan_parquet(url).filter(late).select("agent", "x").collect()
    assert found.height > 1_000
    assert found.equals(table.filter(late).select("agent", "x"))


def test_pandas_reads_it_by_url(url: str, table: pl.DataFrame) -> None:
    with fsspec.open(url) as file:
        found = pd.read_parquet(file, columns=["t1", "y"])
    assert found["y"].tolist() == table["y"].to_list()
    assert pd.read_parquet(url).shape == table.shape


class Web(HTTPFileSystem):  # type: ignore[misc]  # fsspec has no annotations
    """fsspec's HTTP lacks a method that DuckDB asks for.

    https://github.com/duckdb/duckdb-python/pull/588
    """

    def modified(self, path: str) -> datetime:
        assert path
        return datetime.fromtimestamp(0, UTC)


def test_duckdb_reads_it_by_url_through_fsspec(url: str, table: pl.DataFrame) -> None:
    with duckdb.connect() as connection:
        connection.register_filesystem(Web(cache_type="none"))
        found = connection.execute(
            "SELECT count(*), max(x), min(t1) FROM read_parquet(?) WHERE agent = 'Satellite'", [url]
        ).fetchone()
    satellite = table.filter(pl.col("agent") == "Satellite")
    assert found == (satellite.height, satellite["x"].max(), satellite["t1"].min())


def test_what_the_documents_say_runs_as_it_is_written(
    porta: Installation, capfd: pytest.CaptureFixture[str]
) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    snippets = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(snippets) == 3
    for snippet in snippets:
        exec(snippet.replace("http://127.0.0.1:8080", porta.url), {})  # noqa: S102 - our own words
        assert "x" in capfd.readouterr().out


def test_any_address_of_the_file_will_do(porta: Installation, table: pl.DataFrame) -> None:
    address = f"{porta.url}{API}/{STEPS}/records?format=parquet"
    with fsspec.open(address) as file:
        assert pq.read_metadata(file).num_rows == table.height
    assert pl.read_parquet(address, columns=["vx"]).equals(table.select("vx"))


def test_members_are_read_by_url(porta: Installation) -> None:
    with porta.client() as client:
        ensemble = client.post(API, json={"steps": 500, "members": 200}).json()
    found = pl.scan_parquet(f"{porta.url}{ensemble['links']['members']}.parquet").collect()
    assert found.height == 200 * 2
    assert found["member"].n_unique() == 200


def test_of_a_large_file_only_the_parts_that_are_needed_cross_the_wire(
    url: str, table: pl.DataFrame
) -> None:
    with http_client.new_client() as client:
        size = int(client.head(url).headers["Content-Length"])
        footer = client.get(url, headers={"Range": "bytes=-8"})
        begin = client.get(url, headers={"Range": "bytes=0-3"})
    assert table.height > 300_000
    assert size > 10_000_000
    assert (footer.status_code, footer.content[-4:], begin.content) == (206, b"PAR1", b"PAR1")
    assert footer.headers["Content-Range"] == f"bytes {size - 8}-{size - 1}/{size}"


def test_a_download_that_broke_off_goes_on_where_it_was(url: str) -> None:
    with http_client.new_client() as client:
        whole = client.get(url)
        tag = whole.headers["ETag"]
        half = len(whole.content) // 2
        rest = client.get(url, headers={"Range": f"bytes={half}-", "If-Range": tag})
        other = client.get(url, headers={"Range": f"bytes={half}-", "If-Range": '"other"'})
    assert (rest.status_code, whole.content[:half] + rest.content) == (206, whole.content)
    assert (other.status_code, other.content) == (200, whole.content)


def test_what_is_kept_keeps_to_its_budget(porta: Installation) -> None:
    folder = Path(porta.environ["PORTA_EXPORT_FOLDER"])
    with porta.client() as client:
        for place in range(12):
            answer = client.head(f"{API}/{STEPS + place}/records.parquet")
            assert answer.status_code == 200
            assert sum(one.stat().st_size for one in folder.iterdir()) <= 64 * 2**20
