from __future__ import annotations

import pytest

from porta.errors import ArgumentError, ArgumentTypeError
from porta.names import one_of, some_of

WORDS = ["Planet", "Satellite"]


def test_a_word_that_is_there_is_returned() -> None:
    assert one_of("agent", "Planet", WORDS) == "Planet"
    assert some_of("agents", "Planet", WORDS) == ("Planet",)
    assert some_of("agents", ["Satellite", "Planet", "Satellite"], WORDS) == ("Satellite", "Planet")


def test_what_is_far_from_every_word_gets_the_list_alone() -> None:
    with pytest.raises(ArgumentError, match="'x': it is one of 'Planet', 'Satellite'"):
        one_of("agent", "x", WORDS)


def test_a_long_list_and_a_long_word_are_cut() -> None:
    with pytest.raises(ArgumentError) as refused:
        one_of("agent", "y" * 10_000, [f"agent {i}" for i in range(1_000)])
    assert "and 988 more" in str(refused.value)
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize("value", [3, None, ["Planet"]])
def test_what_is_no_text_is_a_type_error(value: object) -> None:
    with pytest.raises(ArgumentTypeError, match="must be a text"):
        one_of("agent", value, WORDS)


def test_a_list_must_be_one_and_have_something_in_it() -> None:
    with pytest.raises(ArgumentTypeError, match="list of texts"):
        some_of("agents", {"Planet"}, WORDS)
    with pytest.raises(ArgumentError, match="at least one"):
        some_of("agents", [], WORDS)
