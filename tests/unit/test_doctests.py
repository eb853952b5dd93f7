"""What docstrings show is what happens, in every module of the engine."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import sim

MODULES = [module.name for module in pkgutil.walk_packages(sim.__path__, "sim.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_are_true(name: str) -> None:
    results = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert results.failed == 0


def test_the_public_structures_have_examples() -> None:
    for name in ("cost_model", "intervals", "rangestore", "reference", "scenario"):
        assert doctest.testmod(importlib.import_module(f"sim.{name}")).attempted > 0
