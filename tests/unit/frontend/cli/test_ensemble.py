"""`porta propagate N --members M` in this process: a summary, or the table of members."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.parquet
import pytest

from frontend.cli.propagate import run
from frontend.errors import BadRequest
from frontend.settings import Settings
from sim.ensemble.computed import compute
from sim.scenario import PropagationRequest, Trajectory
from tests.unit.frontend.cli.test_propagate import arguments

if TYPE_CHECKING:
    from pathlib import Path

ENSEMBLE = PropagationRequest(500, Trajectory(), 50)


def test_the_summary_says_what_became_of_the_members(capsys: pytest.CaptureFixture[str]) -> None:
    run(Settings(), arguments(members="50"))
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert lines[0] == "500 steps, seed 0: 50 members"
    told = compute(ENSEMBLE).document()["agents"]["Satellite"]
    assert f"  {told['sentence']}" in lines
    assert any(line.split() == ["outcomes", "bound", "50"] for line in lines)
    median = told["quantiles"]["distance"]["50"][-1]
    row = next(line for line in lines if line.strip().startswith("distance"))
    assert f"{median:.6g}" in row.split()
    assert printed.err == ""


@pytest.mark.parametrize("suffix", [".csv", ".arrow", ".parquet"])
def test_the_table_is_written_as_one_file(
    suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / f"members{suffix}"
    run(Settings(), arguments(members="50", output=str(file)))
    assert capsys.readouterr().err.startswith(f"Wrote {file}: 100 rows, ")
    if suffix == ".parquet":
        written = pyarrow.parquet.read_table(file)
        assert written.to_pylist() == compute(ENSEMBLE).table().to_pylist()


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ({"output": "members.js"}, "csv, arrow, parquet"),
        ({"output": "members/"}, "one file"),
        ({"output": "m.csv", "every": "2"}, "--member"),
        ({"output": "m.csv", "times": "1,2"}, "--member"),
        ({"member": "3"}, "leave out one"),
    ],
)
def test_what_an_ensemble_has_not_is_refused_with_a_sentence(
    wrong: dict[str, str], what: str
) -> None:
    with pytest.raises(BadRequest, match=what):
        run(Settings(), arguments(members="50", **wrong))
