from __future__ import annotations

import re
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from frontend.errors import BadRequest
from frontend.web.http import query_params

STEPS = query_params.Whole("steps", 1, 1_000, "how many", default=5)
TIME = query_params.Real("t0", "from when")
FORMAT = query_params.Choice("format", ("json", "csv"), "the format", default="json")
ALL = (STEPS, TIME, FORMAT)


def read(*pairs: tuple[str, str], strict: bool = True) -> dict[str, object]:
    return query_params.read(MultiDict(pairs), ALL, strict=strict)


def refusal(name: str, text: str) -> str:
    try:
        read((name, text))
    except BadRequest as error:
        return error.detail
    return "Read."


def test_what_is_not_given_is_its_default() -> None:
    assert read() == {"steps": 5, "t0": None, "format": "json"}


def test_what_is_given_is_read() -> None:
    assert read(("steps", "12"), ("t0", "-1.5e3"), ("format", "csv")) == {
        "steps": 12,
        "t0": -1500.0,
        "format": "csv",
    }


@pytest.mark.parametrize(
    "text", ["", "0", "007", "1001", "-1", "+1", "1.0", "1_0", " 1", "\u0661", "1" * 4_000]
)
def test_a_whole_number_is_plain_digits_within_its_limits(text: str) -> None:
    with pytest.raises(BadRequest, match="steps must be a whole number from 1 to 1000"):
        read(("steps", text))


@pytest.mark.parametrize(
    "text", ["", "nan", "inf", "-Infinity", "1e999", "0x1", "1_0", "1,5", "\u0663"]
)
def test_a_real_number_is_finite_and_decimal(text: str) -> None:
    with pytest.raises(BadRequest, match="t0 must be a finite number"):
        read(("t0", text))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_number_reads_back_to_itself(number: float) -> None:
    assert TIME.value(repr(number)) == number


def test_a_choice_names_what_can_be_chosen() -> None:
    with pytest.raises(BadRequest, match="format must be one of json, csv"):
        read(("format", "xml"))


def test_a_parameter_that_nobody_knows_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(
        BadRequest, match="'sedd' is not a parameter here; known: steps, t0, format"
    ):
        read(("sedd", "1"))


@pytest.mark.parametrize("name", ["utm_source", "fbclid", "gclid"])
def test_a_page_leaves_alone_what_others_follow_their_links_by(name: str) -> None:
    assert read((name, "x"), strict=False)["steps"] == 5
    with pytest.raises(BadRequest, match="not a parameter here"):
        read((name, "x"))


@pytest.mark.parametrize("name", ["sedd", "foo", "n", "utm_source2", ""])
def test_a_page_refuses_any_other_parameter_that_nobody_knows(name: str) -> None:
    with pytest.raises(BadRequest, match="is not a parameter here; known: steps"):
        read((name, "x"), strict=False)


def test_a_parameter_is_given_once() -> None:
    with pytest.raises(BadRequest, match="steps is given 2 times"):
        read(("steps", "1"), ("steps", "2"))


@given(st.text(), st.text())
def test_whatever_stands_in_a_query_is_read_or_refused_with_a_sentence(
    name: str, text: str
) -> None:
    assert refusal(name, text).endswith(".")


def test_each_parameter_describes_itself() -> None:
    assert STEPS.schema() == {"type": "integer", "minimum": 1, "maximum": 1_000, "default": 5}
    assert TIME.schema() == {"type": "number"}
    assert FORMAT.schema() == {"type": "string", "enum": ["json", "csv"], "default": "json"}


OUTCOMES = query_params.Choices("where", ("bound", "a+b"), "which")


def test_choices_are_words_with_commas_between_them() -> None:
    assert OUTCOMES.value("bound") == ("bound",)
    assert OUTCOMES.value("a+b,bound,a+b") == ("a+b", "bound", "a+b")


@pytest.mark.parametrize("text", ["", ",", "bound,", "aab", "Bound", "bound a+b", "bound,,a+b"])
def test_a_word_that_is_no_choice_is_refused_and_does_not_fit_the_schema(text: str) -> None:
    with pytest.raises(BadRequest, match="where must be of bound"):
        OUTCOMES.value(text)
    pattern = OUTCOMES.schema()["pattern"]
    assert isinstance(pattern, str)
    assert re.search(pattern, text) is None
    assert re.search(pattern, "a+b,bound")


NUMBERS = query_params.Wholes("agents", 9, 3, "which")


def test_whole_numbers_are_read_in_their_order() -> None:
    assert NUMBERS.value("3,0,3") == (3, 0, 3)
    assert re.fullmatch(str(NUMBERS.schema()["pattern"]), "3,0,3")


@pytest.mark.parametrize("text", ["", "1,", "10", "-1", "01", "1,2,3,4", "a", "1 2"])
def test_other_numbers_than_there_are_get_a_sentence(text: str) -> None:
    with pytest.raises(BadRequest, match="at most 3 whole numbers from 0 to 9"):
        NUMBERS.value(text)


def test_a_page_leaves_its_view_to_its_script() -> None:
    args = MultiDict([("show", "A"), ("show", "B"), ("window", "1,2"), ("theme", "dark")])
    assert query_params.read(args, (STEPS,), strict=False) == {"steps": 5}
    with pytest.raises(BadRequest, match="not a parameter"):
        query_params.read(args, (STEPS,))


def test_the_view_is_what_the_script_writes() -> None:
    script = resources.files("frontend.web.pages") / "static" / "view" / "state.js"
    names = re.search(r"export const NAMES = \[([^\]]*)\]", script.read_text("utf-8"))
    assert names is not None
    assert set(re.findall(r'"(\w+)"', names[1])) <= query_params.VIEW


NAMES = query_params.Words("agent", 2, "who")


def test_names_are_given_one_by_one_and_hold_any_character() -> None:
    args = MultiDict([("agent", "a,b"), ("agent", "Ω & co")])
    assert query_params.read(args, (NAMES,)) == {"agent": ("a,b", "Ω & co")}
    assert query_params.read(MultiDict(), (NAMES,)) == {"agent": None}


def test_no_more_names_are_taken_than_there_may_be() -> None:
    args = MultiDict([("agent", name) for name in "abc"])
    with pytest.raises(BadRequest, match="given 3 times; at most 2"):
        query_params.read(args, (NAMES,))
