"""Claims about Range and If-Range, by RFC 9110: what is answered, refused and ignored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flask import request
from hypothesis import given
from hypothesis import strategies as st

from frontend.errors import RangeNotSatisfiable
from frontend.web.http.byte_range import ByteRange, wanted_range

if TYPE_CHECKING:
    from flask import Flask


def wanted(app: Flask, method: str = "GET", **headers: str) -> ByteRange | None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with app.test_request_context(method=method, headers=named):
        return wanted_range(request, "tag")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("bytes=0-0", (0, 0)),
        ("bytes=2-5", (2, 5)),
        ("bytes=2-", (2, 9)),
        ("bytes=2-99", (2, 9)),
        ("bytes=-3", (7, 9)),
        ("bytes=-99", (0, 9)),
        ("Bytes= 2-5 ", (2, 5)),
    ],
)
def test_one_range_is_read(app: Flask, text: str, part: tuple[int, int]) -> None:
    found = wanted(app, Range=text)
    assert found is not None
    assert found.of(10) == part


@pytest.mark.parametrize("text", ["bytes=10-", "bytes=10-20", "bytes=-0"])
def test_a_range_beyond_the_end_is_refused_with_the_size(app: Flask, text: str) -> None:
    found = wanted(app, Range=text)
    assert found is not None
    with pytest.raises(RangeNotSatisfiable, match="10 bytes"):
        found.of(10)


@pytest.mark.parametrize(
    "text",
    [
        "bytes=0-1,4-5",
        "items=0-1",
        "bytes=5-2",
        "bytes=-",
        "bytes=a-b",
        "bytes=\u0661-\u0662",
        "bytes=1-2-3",
        f"bytes={'9' * 30}-",
        "",
    ],
)
def test_what_is_no_single_range_of_bytes_is_ignored(app: Flask, text: str) -> None:
    with app.test_request_context():
        request.environ["HTTP_RANGE"] = text
        assert wanted_range(request, "tag") is None


def test_only_a_get_has_a_range(app: Flask) -> None:
    assert wanted(app) is None
    assert wanted(app, "HEAD", Range="bytes=0-1") is None
    assert wanted(app, "POST", Range="bytes=0-1") is None


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ('"tag"', True),
        ('W/"tag"', False),
        ('"other"', False),
        ("Mon, 30 Nov 2026 11:00:00 GMT", False),
    ],
)
def test_if_range_holds_with_the_strong_tag_alone(
    app: Flask, condition: str, *, holds: bool
) -> None:
    found = wanted(app, Range="bytes=0-1", If_Range=condition)
    assert (found is not None) == holds


@given(size=st.integers(1, 50), first=st.integers(0, 60), last=st.none() | st.integers(0, 60))
def test_a_range_is_what_python_cuts(size: int, first: int, last: int | None) -> None:
    data = bytes(range(size))
    expected = data[first : None if last is None else last + 1]
    try:
        begin, end = ByteRange(first, last).of(size)
        assert data[begin : end + 1] == expected
    except RangeNotSatisfiable:
        assert expected == b""
