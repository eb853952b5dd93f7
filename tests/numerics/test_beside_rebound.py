"""The three tasks of docs/examples, in Porta and in REBOUND: the same answers, in no more lines."""

from __future__ import annotations

import io
import runpy
import tokenize
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

EXAMPLES: Final = Path(__file__).parents[2] / "docs" / "examples"
TASKS: Final = ("three_bodies", "escape", "members")
NOT_CODE: Final = frozenset(
    {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
)


def answers(task: str, *names: str) -> list[list[Any]]:
    """What the two programs of a task call by these names."""
    programs = (EXAMPLES / f"{by}_{task}.py" for by in ("porta", "rebound"))
    found = [runpy.run_path(str(program)) for program in programs]
    return [[program[name] for name in names] for program in found]


def lines_of_code(path: Path) -> int:
    """How many lines have code on them: neither comments, nor the docstring, nor nothing."""
    _, docstring, code = path.read_text().split('"""', 2)
    assert docstring
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    lines: set[int] = set()
    for token in tokens:
        if token.type not in NOT_CODE and token.string:
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines)


@pytest.mark.parametrize("task", TASKS)
def test_portas_program_is_not_longer(task: str) -> None:
    assert lines_of_code(EXAMPLES / f"porta_{task}.py") <= lines_of_code(
        EXAMPLES / f"rebound_{task}.py"
    )


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("by", ["porta", "rebound"])
def test_the_manual_shows_the_program(task: str, by: str) -> None:
    page = (EXAMPLES.parent / "beside-rebound.md").read_text()
    _, _, code = (EXAMPLES / f"{by}_{task}.py").read_text().split('"""', 2)
    assert f"```python\n{code.strip()}\n```" in page


def test_three_bodies_are_where_rebound_has_them() -> None:
    (ours,), (theirs,) = answers("three_bodies", "table")
    assert ours["agent"].tolist() == theirs["agent"].tolist()
    assert ours["t"].tolist() == theirs["t"].tolist()
    for column in ("x", "y", "z", "vx", "vy", "vz"):
        assert np.abs(ours[column] - theirs[column]).max() < 1e-11


def test_a_body_escapes_when_rebound_says() -> None:
    # After sixty units of close encounters; a step of either is some hundredths long.
    (ours,), (theirs,) = answers("escape", "escape_time")
    assert ours == pytest.approx(theirs, abs=0.02)


def test_as_many_members_are_thrown_out_as_by_rebound() -> None:
    # The draws are others: three standard deviations of the difference of two shares of 2,000.
    (ours,), (theirs,) = answers("members", "bound")
    assert 0.8 < ours < 0.95
    assert ours == pytest.approx(theirs, abs=3 * np.sqrt(2 * ours * (1 - ours) / 2_000))
