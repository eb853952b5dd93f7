"""Quantities as a cluster writes them."""

from __future__ import annotations

import doctest

import pytest

from infra.check import quantity


def test_examples_in_docstrings_are_true() -> None:
    found = doctest.testmod(quantity)
    assert (found.failed, found.attempted > 0) == (0, True)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("8145836Ki", 8145836 * 1024),
        ("129M", 129 * 10**6),
        ("1.5Gi", 1.5 * 2**30),
        ("128e6", 128 * 10**6),
        ("3920m", 3.92),
        ("1500000000n", 1.5),
        ("2", 2),
    ],
)
def test_every_unit_is_read(text: str, number: float) -> None:
    assert float(quantity.number(text)) == number


@pytest.mark.parametrize("text", ["", "Ki", "1 Gi", "1GB", "lots"])
def test_what_is_not_a_quantity_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a quantity of Kubernetes\.$"):
        quantity.number(text)
