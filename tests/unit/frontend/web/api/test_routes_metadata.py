"""Claims about what the server says of its files, beside them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import orjson
import pyarrow.parquet
import pytest

from frontend.domain.resource import API_ROOT
from sim import Propagation, Trajectory
from sim.ensemble.computed import compute
from sim.export.metadata import KEY
from sim.scenario import PropagationRequest
from tests.stored_ensembles import RunOfEnsemble

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from frontend.bootstrap import Services

ENSEMBLE = PropagationRequest(500, members=40)


def test_it_is_what_a_file_of_all_records_holds(web: FlaskClient) -> None:
    answer = web.get(f"{API_ROOT}/500/metadata")
    file = web.get(f"{API_ROOT}/500/records?format=parquet")
    held = pyarrow.parquet.ParquetFile(io.BytesIO(file.data)).metadata.metadata[KEY]
    assert answer.data == held
    assert answer.get_json()["checksum"] == (
        Propagation.open(Trajectory(), 500).checkpoints_checksum
    )
    again = web.get(f"{API_ROOT}/500/metadata", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("query", "selection"),
    [
        ("t0=1&t1=2.5", {"kind": "records", "t0": 1.0, "t1": 2.5}),
        ("every=7", {"kind": "records", "every": 7}),
        ("max_points=50", {"kind": "records", "max_points": 50}),
    ],
)
def test_a_file_says_which_records_were_chosen(
    web: FlaskClient, query: str, selection: dict[str, object]
) -> None:
    file = web.get(f"{API_ROOT}/500/records?format=parquet&{query}")
    held = pyarrow.parquet.ParquetFile(io.BytesIO(file.data)).metadata.metadata[KEY]
    assert orjson.loads(held)["selection"] == selection


def test_it_is_what_a_table_of_all_members_holds(web: FlaskClient, services: Services) -> None:
    run = RunOfEnsemble(services, ENSEMBLE)
    run.compute([range(40)])
    run.publish()
    answer = web.get(f"{API_ROOT}/{ENSEMBLE.id}/metadata")
    file = web.get(f"{API_ROOT}/{ENSEMBLE.id}/members?format=parquet")
    held = pyarrow.parquet.ParquetFile(io.BytesIO(file.data)).metadata.metadata[KEY]
    assert answer.data == held
    known = compute(ENSEMBLE, threads=1)
    content = known.population.result(known.document())["content"]
    assert answer.get_json()["checksum"] == content["summary"]


def test_what_was_not_asked_for_has_none(web: FlaskClient) -> None:
    assert web.get(f"{API_ROOT}/100000000/metadata").status_code == 404
    assert web.get(f"{API_ROOT}/500/metadata?t0=1").status_code == 400
