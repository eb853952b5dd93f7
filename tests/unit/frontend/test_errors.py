"""Claims about the frontend's tree of errors."""

from __future__ import annotations

import inspect

import pytest

from frontend import errors

EVERY_ERROR = [
    thing
    for _, thing in inspect.getmembers(errors, inspect.isclass)
    if issubclass(thing, Exception)
]


@pytest.mark.parametrize("error", EVERY_ERROR)
def test_every_error_belongs_to_the_one_tree_and_is_public(error: type[Exception]) -> None:
    assert issubclass(error, errors.FrontendError)
    assert error.__name__ in errors.__all__


@pytest.mark.parametrize("error", EVERY_ERROR)
def test_the_tree_in_the_docstring_names_every_error(error: type[Exception]) -> None:
    assert error.__name__ in str(errors.__doc__)


def test_an_error_reads_as_its_sentence_and_carries_its_data() -> None:
    full = errors.QueueFull(waiting=64, retry_after_s=10)
    assert str(full) == full.detail == ("The queue is full (64 runs); try again in 10 seconds.")
    assert (full.waiting, full.retry_after_s) == (64, 10)


def test_a_settings_error_names_the_variable_first() -> None:
    error = errors.SettingsError("PORTA_MAX_RUNS", "must be at least 1.")
    assert str(error) == "PORTA_MAX_RUNS: must be at least 1."
    assert error.variable == "PORTA_MAX_RUNS"


def test_a_broken_chain_says_where_and_why() -> None:
    error = errors.ChainBroken("d" * 16, 3, "it is missing")
    assert (error.position, error.reason) == (3, "it is missing")
    assert "Stretch 3" in str(error)
