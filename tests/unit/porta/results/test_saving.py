from __future__ import annotations

import hashlib
import json
import math
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

import porta
from sim.engine import Propagation
from sim.export import FORMATS, export, export_states
from sim.export.metadata import Metadata, chosen_times, described
from sim.records import schema_of, states_schema_of
from sim.scenario import NANO, PropagationRequest, Trajectory

if TYPE_CHECKING:
    from pathlib import Path

TRAJECTORY = Trajectory(seed=4)
RUN = porta.propagate(1_500, seed=4)
ENSEMBLE = porta.propagate(200, members=20)


@pytest.mark.parametrize("name", [n for n, form in FORMATS.items() if not form.refusal(NANO)])
def test_a_file_has_the_bytes_of_the_engines_export(tmp_path: Path, name: str) -> None:
    form, of_engine = FORMATS[name], Propagation.open(TRAJECTORY, 1_500)
    path = tmp_path / f"records{form.suffix}"
    assert RUN.save(path) == path
    request, checksum = PropagationRequest(1_500, TRAJECTORY), of_engine.checkpoints_checksum
    schema = described(schema_of(NANO.model), Metadata(request=request, checksum=checksum))
    assert path.read_bytes() == b"".join(export(of_engine.slices(), form, schema))
    RUN.save(str(path), times=[1.0, 2.0])
    chosen = chosen_times(np.array([1.0, 2.0]))
    metadata = Metadata(request=request, checksum=checksum, chosen=chosen)
    schema = described(states_schema_of(NANO.model), metadata)
    states = export_states(of_engine.states([1.0, 2.0]), form, schema)
    assert path.read_bytes() == b"".join(states)


def test_a_window_and_every_kth_record_can_be_saved(tmp_path: Path) -> None:
    path = RUN.save(tmp_path / "a.parquet", 3.0, 9.0, every=2)
    assert pa.parquet.read_table(path).to_pylist() == RUN.table(3.0, 9.0, every=2).to_pylist()


@pytest.mark.parametrize("window", [(1e308, None), (None, -1e308), (-math.inf, math.inf)])
def test_a_file_of_any_window_is_verified(
    tmp_path: Path, window: tuple[float | None, float | None]
) -> None:
    assert porta.verify(RUN.save(tmp_path / "a.parquet", *window)).ok


@pytest.mark.parametrize("suffix", ["parquet", "arrow", "csv", "json"])
def test_members_are_saved_as_they_are_chosen(tmp_path: Path, suffix: str) -> None:
    chosen = ENSEMBLE.members.where(agent="Satellite").sort("closest")
    assert chosen.save(tmp_path / f"chosen.{suffix}").stat().st_size > 0
    whole = ENSEMBLE.save(tmp_path / "all.parquet")
    assert pa.parquet.read_table(whole).to_pylist() == ENSEMBLE.members.to_arrow().to_pylist()


@pytest.mark.parametrize(
    "chosen", [{"outcome": ("none", "bound")}, {"agent": ("Satellite", "Planet")}]
)
def test_the_order_of_what_is_chosen_changes_no_byte(
    tmp_path: Path, chosen: dict[str, tuple[str, ...]]
) -> None:
    turned = {name: words[::-1] for name, words in chosen.items()}
    one = ENSEMBLE.members.where(**chosen).save(tmp_path / "one.parquet")
    other = ENSEMBLE.members.where(**turned).save(tmp_path / "other.parquet")
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("suffix", ["csv", "json", "js", "parquet"])
def test_a_sidecar_says_what_a_file_is_of(tmp_path: Path, suffix: str) -> None:
    path = RUN.save(tmp_path / f"a.{suffix}", sidecar=True)
    said = json.loads((tmp_path / f"a.{suffix}.meta.json").read_text())
    assert said["id"] == RUN.id
    assert said["file"]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert porta.verify(path, all=True).ok


@pytest.mark.parametrize("result", [RUN, ENSEMBLE], ids=["a run", "an ensemble"])
def test_a_crate_has_all_of_a_result(
    tmp_path: Path, result: porta.Propagation | porta.Ensemble
) -> None:
    pytest.importorskip("rocrate")
    path = result.save(tmp_path / "a.crate")
    assert porta.verify(path, all=True).id == result.id
    assert porta.verify(result.save(tmp_path / "a.crate.zip"), all=True).ok
    with pytest.raises(porta.ArgumentError, match=r"a\.crate"):
        result.save(path)
    with pytest.raises(porta.ArgumentError, match="crate"):
        result.save(tmp_path / "b.crate", sidecar=True)
    with pytest.raises(porta.ArgumentError, match="A crate has all"):
        RUN.save(tmp_path / "b.crate", every=3)
    with pytest.raises(porta.ArgumentError, match="A crate has all"):
        ENSEMBLE.members.save(tmp_path / "b.crate")


@pytest.mark.parametrize("name", ["b.crate", "b.crate.zip", "parts/"])
def test_a_crate_and_a_folder_take_no_times(tmp_path: Path, name: str) -> None:
    with pytest.raises(porta.ArgumentError, match=r"A (crate|folder) has all"):
        RUN.save(f"{tmp_path}/{name}", times=[1.0, 2.0])


@pytest.mark.parametrize("result", [RUN, ENSEMBLE], ids=["a run", "an ensemble"])
def test_a_place_that_is_none_is_refused_and_nothing_is_left(
    tmp_path: Path, result: porta.Propagation | porta.Ensemble
) -> None:
    with pytest.raises(porta.ArgumentError, match=r"none of .*\.parquet"):
        result.save(tmp_path / "a.xlsx")
    with pytest.raises(porta.ArgumentError, match="no folder"):
        result.save(tmp_path / "none" / "a.csv")
    with pytest.raises(porta.ArgumentTypeError, match="path of a file"):
        result.save(3)  # type: ignore[arg-type]  # no path
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(porta.OutputError, match=r"folder\.csv can't be written"):
        result.save(tmp_path / "folder.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.csv"]
