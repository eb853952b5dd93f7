"""Claims about JSON that two parsers could read differently."""

from __future__ import annotations

import contextlib

import orjson
import pytest
from hypothesis import given

from frontend.errors import BadRequest
from frontend.web.http.json_text import read_json
from sim.strictjson import canonical_json
from tests.unit.sim.strategies import jsonlike


@given(jsonlike())
def test_what_repeats_no_key_is_read_as_by_any_parser(value: object) -> None:
    with contextlib.suppress(ValueError, TypeError):  # a number that is none, half a surrogate pair
        text = canonical_json(value).encode()
        expected = orjson.loads(text)  # it refuses numbers of hundreds of digits
        assert read_json(text, "It") == expected


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('{"steps": 5, "steps": 6}', "steps"),
        ('{"steps": 5, "st\\u0065ps": 5}', "steps"),
        ('[{"a": {"b": 1, "c": 2, "b": null}}]', "b"),
        ('{"": 0, "": 0}', ""),
    ],
)
def test_a_key_that_an_object_has_twice_is_named(text: str, key: str) -> None:
    for given_ in (text, text.encode()):
        with pytest.raises(BadRequest, match=f"It has the field '{key}' twice in one object"):
            read_json(given_, "It")


def test_a_key_may_come_back_in_another_object() -> None:
    assert read_json('[{"a": {"a": 1}}, {"a": 2}]', "It") == [{"a": {"a": 1}}, {"a": 2}]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"{]", r"not valid JSON \(line 1, column 2\)"),
        (b"\xff", "not valid JSON"),
        (b"\xef\xbb\xbf{}", "not valid JSON"),
        ("{}".encode("utf-16"), "not valid JSON"),
        (b"NaN", "not valid JSON"),
        (b'"\\ud800"', "not valid JSON"),
        (b"[" * 1_010 + b"]" * 1_010, "nested too deeply"),
        (b"[" * 500_000, "not valid JSON"),
        (b"1" * 5_000, "not valid JSON"),
    ],
)
def test_anything_else_is_refused_with_a_sentence(text: bytes, words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        read_json(text, "It")
