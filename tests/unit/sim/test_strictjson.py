from __future__ import annotations

import json
import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import ScenarioError
from sim.strictjson import MAX_NAME_LENGTH, canonical_json, fields_of, name_of, number_of
from tests.unit.sim.strategies import jsonlike


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_finite_float_keeps_its_bits(value: float) -> None:
    read = number_of(json.loads(canonical_json(value)), "x")
    assert struct.pack("<d", read) == struct.pack("<d", value)


@pytest.mark.parametrize("value", [0, 1, -7, 2**53, 2**60, -(2**1000)])
def test_an_int_that_a_float_holds_is_a_number(value: int) -> None:
    number = number_of(value, "x")
    assert isinstance(number, float)
    assert number == value


@pytest.mark.parametrize("value", [True, False, "1", None, [1], {}, 1j, b"2"])
def test_only_ints_and_floats_are_numbers(value: object) -> None:
    with pytest.raises(ScenarioError, match="must be a number"):
        number_of(value, "x")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 10**400, -(10**400)])
def test_what_is_not_finite_is_refused(value: float) -> None:
    with pytest.raises(ScenarioError, match=r"x must be a finite number\."):
        number_of(value, "x")


def test_an_int_too_long_to_be_written_out_is_refused() -> None:
    with pytest.raises(ScenarioError, match="finite"):
        number_of(10**5000, "x")  # str() of it is a ValueError of its own


def test_an_int_that_would_be_rounded_is_refused() -> None:
    with pytest.raises(ScenarioError, match="holds exactly"):
        number_of(2**53 + 1, "x")


@pytest.mark.parametrize(
    "name",
    ["", " a", "a ", "a\n", "\x00", "a\u202eb", "\u2028", "\ud800", "a" * (MAX_NAME_LENGTH + 1), 1],
)
def test_a_name_that_cannot_be_shown_is_refused(name: object) -> None:
    with pytest.raises(ScenarioError) as error:
        name_of(name, "agents[0].name")
    assert error.value.where == "agents[0].name"


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("a\nb", "can't contain U+000A, a control character."),
        ("\x7f", "can't contain U+007F, a control character."),
        ("a\u202eb", "can't contain U+202E, which changes the direction of the text around it."),
        ("a\u2028b", "can't contain U+2028, a line separator."),
        ("\ud800", "can't contain U+D800, half of a surrogate pair."),
        ("\U0010ffff", "can't contain U+10FFFF, which is no character."),
        ("\ue000", "can't contain U+E000, which has no meaning outside a private agreement."),
        ("\xa0a", "must have no space at its beginning or end, as this U+00A0."),
        ("\u200d", "must have a character that can be seen, not only U+200D."),
        ("\u3164", "must have a character that can be seen, not only U+3164."),  # Hangul filler
        ("\uffa0\u115f", "must have a character that can be seen, not only U+FFA0, U+115F."),
        ("\u2800\u200d\ufe0f", "can be seen, not only U+2800, U+200D, U+FE0F."),
        ("\U000e0101", "must have a character that can be seen, not only U+E0101."),
    ],
)
def test_what_is_refused_in_a_name_is_named_by_its_code_point(name: str, problem: str) -> None:
    with pytest.raises(ScenarioError) as error:
        name_of(name, "name")
    assert str(error.value).endswith(problem)


@pytest.mark.parametrize(
    "name",
    [
        "Planet",
        "Ariel V",
        "水星",
        "</script>",
        "🛰",
        "a" * MAX_NAME_LENGTH,
        "می\u200cخواهم",  # noqa: RUF001 - Persian, with a zero-width non-joiner
        "क्\u200dष",  # Hindi, with a zero-width joiner
        "👩\u200d🚀",
        "☀\ufe0f",
        "\u115f\u1161",  # a vowel of Korean, which has the filler for its missing consonant
        "Vol\xa07",
        "10\u202fkm",
        "水\u3000星",
        "co\xadoperate",
        "\u200fא1",  # with a right-to-left mark, which has no effect beyond itself
    ],
)
def test_any_name_that_can_be_shown_is_kept(name: str) -> None:
    assert name_of(name, "name") == name


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ([], "must be an object."),
        ({"a": 1}, "lacks b."),
        ({"a": 1, "b": 2, "z": 3}, "has the unknown field 'z'; known are: a, b, c."),
        ({"a": 1, "b": 2, 3: 3}, "has the unknown field ''; known are: a, b, c."),
    ],
)
def test_fields_are_exactly_those_that_are_known(value: object, problem: str) -> None:
    with pytest.raises(ScenarioError) as error:
        fields_of(value, "it", frozenset("ab"), optional=frozenset("c"))
    assert error.value.problem == problem


def test_optional_fields_may_be_absent() -> None:
    value = {"a": 1, "b": 2}
    assert fields_of(value, "it", frozenset("ab"), optional=frozenset("c")) == value


@given(jsonlike())
def test_a_message_is_short_whatever_the_value(value: object) -> None:
    with pytest.raises(ScenarioError) as error:
        fields_of(value, "it", frozenset({"a field that is never drawn"}))
    assert len(str(error.value)) < 500


def test_canonical_json_is_one_text_for_equal_values() -> None:
    assert canonical_json({"b": [1.0, -0.0], "a": "ß"}) == '{"a":"ß","b":[1.0,-0.0]}'


def test_canonical_json_refuses_what_json_lacks() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(math.nan)
