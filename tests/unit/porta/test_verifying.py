from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

import porta
from tests.written_files import members_that_collide

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_is_what_its_request_gives_until_a_bit_is_flipped(tmp_path: Path) -> None:
    path = porta.propagate(2_000, seed=3).save(tmp_path / "orbit.parquet")
    assert porta.verify(path).ok
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    try:
        found = porta.verify(path, all=True)
    except porta.VerificationError:  # it can't be read any more
        return
    assert not found.ok


def test_what_can_not_be_verified_is_a_sentence(tmp_path: Path) -> None:
    other = tmp_path / "other.parquet"
    other.write_bytes(b"no Parquet")
    for path in (tmp_path / "none.csv", tmp_path, other):
        with pytest.raises(porta.VerificationError, match=str(path)):
            porta.verify(path)
    with pytest.raises(porta.ArgumentTypeError, match="not of type int"):
        porta.verify(3)  # type: ignore[arg-type]


def test_work_beyond_the_limit_is_not_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = porta.propagate(100).save(tmp_path / "a.parquet")
    monkeypatch.setenv("PORTA_MAX_WORK", "99")
    with pytest.raises(porta.VerificationError, match="set PORTA_MAX_WORK higher"):
        porta.verify(path)
    monkeypatch.setenv("PORTA_MAX_WORK", "100")
    assert porta.verify(path).ok


def test_a_sentence_names_what_python_has(tmp_path: Path) -> None:
    path = porta.propagate(100).save(tmp_path / "a.csv")
    for look in (porta.open, porta.verify):
        with pytest.raises(porta.VerificationError, match=r"which sidecar=True writes\.$"):
            look(path)
    porta.propagate(100).save(f"{tmp_path}/parts/")
    with pytest.raises(porta.ArgumentError, match=r"another folder, or remove this one\.$"):
        porta.propagate(200).save(f"{tmp_path}/parts/")


def test_the_class_of_what_it_finds_is_public(tmp_path: Path) -> None:
    path = porta.propagate(10).save(tmp_path / "a.arrow")
    assert isinstance(porta.verify(str(path)), porta.Verification)


def test_a_sample_is_drawn_anew_and_again_by_the_seed_that_it_says(tmp_path: Path) -> None:
    path = members_that_collide(tmp_path / "members.parquet")
    first, second = porta.verify(path), porta.verify(path)
    assert first.ok
    assert first.share != second.share
    found = re.search(r"\(seed (\d+)\)", first.share)
    assert found is not None
    assert porta.verify(path, seed=int(found[1])) == first
    with pytest.raises(porta.ArgumentError, match="seed must be a whole number from 0 on"):
        porta.verify(path, seed=-1)
