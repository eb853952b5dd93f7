"""Claims about written crates: the same bytes each time, and never in the place of anything."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from sim import Propagation, Trajectory
from sim.crates.contents import DESCRIPTION, ENSEMBLE, FILES, MEMBERS, seal_of
from sim.crates.making import crate_of_run
from sim.crates.writing import is_crate, write_crate
from sim.errors import RequestError
from sim.scenario import PropagationRequest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sim.crates.writing import CrateContents

REQUEST = PropagationRequest(500, Trajectory(seed=7))


def contents(day: date = date(2026, 11, 30)) -> CrateContents:
    opened = Propagation.open(REQUEST.trajectory, REQUEST.steps)
    return crate_of_run(REQUEST, opened, day)


def test_the_description_names_every_file_with_size_and_digest(tmp_path: Path) -> None:
    write_crate(tmp_path / "a.crate", contents())
    found = json.loads((tmp_path / "a.crate" / DESCRIPTION).read_bytes())
    files = {one["@id"]: one for one in found["@graph"] if one["@type"] == "File"}
    there = {path.name: path for path in (tmp_path / "a.crate").iterdir()}
    assert files.keys() | {DESCRIPTION} == there.keys()
    assert all(files[name]["contentSize"] == str(there[name].stat().st_size) for name in files)
    assert there.keys() < FILES
    assert MEMBERS not in there
    root = next(one for one in found["@graph"] if one["@id"] == "./")
    assert root["identifier"] == seal_of(found)
    assert root["datePublished"] == "2026-11-30"


def test_two_zips_of_the_same_result_have_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    for name, day in (("a", date(2026, 1, 5)), ("b", date(2027, 2, 6))):
        write_crate(tmp_path / f"{name}.crate.zip", contents(day))
    first, second = (tmp_path / f"{name}.crate.zip" for name in "ab")
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        assert archive.namelist()[0] == DESCRIPTION
        assert b'"datePublished": "2026-01-01"' in archive.read(DESCRIPTION)


def test_a_crate_never_takes_the_place_of_anything(tmp_path: Path) -> None:
    (tmp_path / "a.crate").mkdir()
    with pytest.raises(RequestError, match="is there already; choose another name"):
        write_crate(tmp_path / "a.crate", contents())
    (tmp_path / "link.crate.zip").symlink_to(tmp_path / "elsewhere.zip")
    with pytest.raises(RequestError, match="is there already; choose another name"):
        write_crate(tmp_path / "link.crate.zip", contents())
    with pytest.raises(RequestError, match="no directory to write to"):
        write_crate(tmp_path / "nowhere" / "a.crate", contents())


@pytest.mark.parametrize("name", ["a.crate", "a.crate.zip"])
def test_a_crate_does_not_replace_what_appears_while_it_is_written(
    tmp_path: Path, name: str
) -> None:
    def pieces() -> Iterator[bytes]:
        (tmp_path / name).mkdir()
        yield b"{}"

    slow = replace(contents(), files={ENSEMBLE: pieces()})
    with pytest.raises(RequestError, match="is there already; choose another name"):
        write_crate(tmp_path / name, slow)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert not list((tmp_path / name).iterdir())


def test_a_crate_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(RequestError, match="number of seconds since 1970"):
        write_crate(tmp_path / "a.crate", contents())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("a.crate/", True), ("a.crate", True), ("a.crate.zip", True), ("a.zip", False), ("a/", False)],
)
def test_a_crate_is_known_by_its_name(name: str, is_one: bool) -> None:  # noqa: FBT001
    assert is_crate(name) is is_one
