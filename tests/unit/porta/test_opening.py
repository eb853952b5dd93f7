from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import porta

if TYPE_CHECKING:
    from pathlib import Path

RUN = porta.propagate(800, seed=6)
ENSEMBLE = porta.propagate(100, members=10)


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow", "a.csv"])
def test_a_file_opens_as_the_result_that_it_is_of(tmp_path: Path, name: str) -> None:
    opened = porta.open(RUN.save(tmp_path / name, every=100, sidecar=True))
    assert isinstance(opened, porta.Propagation)
    assert opened.manifest == RUN.manifest
    members = ENSEMBLE.members.where(agent="Satellite").save(tmp_path / name, sidecar=True)
    assert porta.open(str(members)).manifest == ENSEMBLE.manifest


@pytest.mark.parametrize("result", [RUN, ENSEMBLE], ids=["a run", "an ensemble"])
def test_a_crate_opens_as_what_it_is_of(
    tmp_path: Path, result: porta.Propagation | porta.Ensemble
) -> None:
    pytest.importorskip("rocrate")
    assert porta.open(result.save(tmp_path / "a.crate")).id == result.id


def test_the_limits_hold_for_what_a_file_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = RUN.save(tmp_path / "a.parquet")
    monkeypatch.setenv("PORTA_MAX_STEPS", "10")
    with pytest.raises(porta.LimitError, match="largest allowed is 10"):
        porta.open(path)


def test_what_does_not_say_what_it_is_of_is_refused_by_name(tmp_path: Path) -> None:
    path = RUN.save(tmp_path / "a.csv")
    with pytest.raises(porta.VerificationError, match=r"a\.csv"):
        porta.open(path)
    with pytest.raises(porta.VerificationError, match="part-000000"):
        porta.open(tmp_path)
    with pytest.raises(porta.VerificationError, match="no such file"):
        porta.open(tmp_path / "no such file")
    with pytest.raises(porta.ArgumentTypeError, match="not of type int"):
        porta.open(500)  # type: ignore[arg-type]
