"""What docs/ensembles.md says can be run, and its figures are right."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from textwrap import dedent
from typing import Final

import pytest
from scipy.stats import norm

from frontend.propagations.requests import Limits, read_request
from sim.dispersion import Dispersion
from sim.normals import ppnd16, uniform
from sim.scenario import MAX_MEMBER_AGENTS, MAX_MEMBERS, NANO
from tests.unit.sim.scenarios import THREE

DOCUMENT: Final = (Path(__file__).parents[2] / "docs" / "ensembles.md").read_text()


def blocks(language: str) -> list[str]:
    return [dedent(block) for block in re.findall(rf"(?s)```{language}\n(.*?) *```", DOCUMENT)]


@pytest.mark.parametrize("snippet", blocks("python"), ids=["compute", "reproduce in REBOUND"])
def test_the_examples_in_python_are_true(snippet: str) -> None:
    exec(compile(snippet, "docs/ensembles.md", "exec"), {})  # noqa: S102 - our own document


def test_the_requests_of_the_document_are_read() -> None:
    asked, dispersion = map(json.loads, blocks("json"))
    limits = Limits(max_steps=10**8, max_work=10**12)
    assert read_request(limits, **asked).members == 1_000
    moon = dispersion[1]
    assert Dispersion.from_json([moon], THREE).dispersed == (0,)
    assert Dispersion.from_json(dispersion[:1], NANO).dispersed == (1,)


def test_the_limits_of_the_document_are_those_of_the_code() -> None:
    assert f"from 1 to {MAX_MEMBERS:,}" in DOCUMENT
    assert f"at most {MAX_MEMBER_AGENTS:,}" in DOCUMENT
    assert f"the largest that can come is {ppnd16(uniform(2**52 - 1)):.2f}" in DOCUMENT


@pytest.mark.parametrize("percent", [50, 25, 5, 1])
def test_the_standard_errors_of_the_document_are_those_of_order_statistics(percent: int) -> None:
    p = percent / 100.0
    error = math.sqrt(p * (1.0 - p)) / norm.pdf(norm.ppf(p))
    (row,) = re.findall(rf"\n(\| {percent}(?:, \d+)? \|.*)", DOCUMENT)
    numbers = [float(number) for number in re.findall(r"([\d.]+) \u03c3", row)]
    assert numbers[0] == round(error, 2)
    for shown, members in zip(numbers[1:], (1_000, 100_000), strict=True):
        assert shown == pytest.approx(error / math.sqrt(members), abs=5e-4 * 1_000 / members**0.5)
