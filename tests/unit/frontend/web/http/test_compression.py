from __future__ import annotations

import gzip

import pytest
from flask import Flask, Response

from frontend.web.http import compression

TEXT = b'{"a": 1}' * 1_000


@pytest.fixture
def app() -> Flask:
    app = Flask("frontend", static_folder=None)
    compression.register(app)

    @app.get("/json")
    def json() -> Response:
        response = Response(TEXT, content_type="application/json")
        response.set_etag("tag")
        return response

    @app.get("/short")
    def short() -> Response:
        return Response(TEXT[:100], content_type="application/json")

    @app.get("/binary")
    def binary() -> Response:
        return Response(TEXT, content_type="application/vnd.apache.parquet")

    @app.get("/stream")
    def stream() -> Response:
        return Response(iter((TEXT, TEXT)), content_type="application/json")

    return app


def get(app: Flask, path: str, accept: str = "gzip, br") -> Response:
    return app.test_client().get(path, headers={"Accept-Encoding": accept})  # type: ignore[return-value]  # the test client's response has all that is asked of it


def test_text_is_compressed_for_who_takes_it(app: Flask) -> None:
    answer = get(app, "/json")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    assert gzip.decompress(answer.data) == TEXT


def test_caches_are_told_that_the_encoding_depends_on_who_asks(app: Flask) -> None:
    assert get(app, "/json").headers["Vary"] == "Accept-Encoding"
    assert get(app, "/json", "identity").headers["Vary"] == "Accept-Encoding"


def test_other_bytes_have_no_strong_tag(app: Flask) -> None:
    assert get(app, "/json").headers["ETag"] == 'W/"tag"'
    assert get(app, "/json", "identity").headers["ETag"] == '"tag"'


@pytest.mark.parametrize("accept", ["", "identity", "br", "gzip;q=0"])
def test_who_does_not_take_gzip_gets_it_plain(app: Flask, accept: str) -> None:
    assert get(app, "/json", accept).data == TEXT


@pytest.mark.parametrize("path", ["/short", "/binary", "/stream"])
def test_what_is_short_binary_or_a_stream_is_left_as_it_is(app: Flask, path: str) -> None:
    assert "Content-Encoding" not in get(app, path).headers


def test_equal_data_give_equal_bytes() -> None:
    assert compression.compress(TEXT) == compression.compress(TEXT)
