"""What docstrings show is what happens, in every module of the engine and of `porta`."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import porta
import sim

MODULES = [
    "porta",
    *(
        module.name
        for package in (porta, sim)
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    ),
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_are_true(name: str) -> None:
    results = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert results.failed == 0


def test_the_public_structures_have_examples() -> None:
    structures = ("cost_model", "intervals", "rangestore", "reference", "scenario")
    for name in ("porta", *(f"sim.{structure}" for structure in structures)):
        assert doctest.testmod(importlib.import_module(name)).attempted > 0
