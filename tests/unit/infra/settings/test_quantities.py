"""Quantities, read and written as Kubernetes does."""

from __future__ import annotations

import doctest
from fractions import Fraction

import pytest

from infra.settings import quantities


def test_examples_in_docstrings_are_true() -> None:
    found = doctest.testmod(quantities)
    assert (found.failed, found.attempted > 3) == (0, True)


@pytest.mark.parametrize(
    ("text", "number"),
    [("512Mi", 512), ("0.5Gi", 512), ("1Ti", 2**20), ("1024Ki", 1), ("1048576", 1)],
)
def test_memory_is_read_in_every_unit(text: str, number: int) -> None:
    assert quantities.mebibytes(text) == number


@pytest.mark.parametrize("text", ["", "Mi", "-1Mi", "1e3", "1 Gi", "1GB", "lots"])
def test_what_is_not_a_quantity_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a quantity, such as 512Mi or 250m\.$"):
        quantities.mebibytes(text)


def test_nothing_is_rounded_down() -> None:
    assert quantities.cpu(Fraction("0.2501")) == "251m"
    assert quantities.memory(Fraction("512.1")) == "513Mi"
