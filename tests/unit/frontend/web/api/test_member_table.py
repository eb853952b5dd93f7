"""Claims about selections of members: what names one, and what can't be one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from frontend.admission import fair_gate
from frontend.domain.resource import API_ROOT
from frontend.errors import BadRequest
from frontend.web.api.member_table import Selection, selection_of
from sim.ensemble.whole_table import held_bytes
from sim.errors import RequestError
from sim.scenario import PropagationRequest, Trajectory
from tests.stored_ensembles import RunOfEnsemble

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from frontend.bootstrap import Services

REQUEST = PropagationRequest(100, Trajectory(), 5)
QUERY: dict[str, Any] = dict.fromkeys(("agent", "where", "limit")) | {
    "sort": "",
    "cursor": "",
}


def selection(form: str = "json", **changed: object) -> Selection:
    return selection_of(REQUEST, QUERY | changed, form)


def test_the_order_of_outcomes_names_no_other_table() -> None:
    one = selection(where=("escaped", "bound", "bound"))
    assert one.name == selection(where=("bound", "escaped")).name
    assert one.name != selection(where=("bound",)).name
    for changed in ({"agent": "Planet"}, {"sort": "x"}, {"limit": 100}):
        assert selection(**changed).name != selection().name
    assert selection("csv").name != selection().name


def test_another_pyarrow_writes_other_files(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {form: selection(form).name for form in ("csv", "json", "arrow", "parquet")}
    monkeypatch.setattr(pa, "__version__", "0.0.0")
    changed = {form for form, name in before.items() if selection(form).name != name}
    assert changed == {"arrow", "parquet"}


def test_json_and_what_is_limited_are_pages() -> None:
    assert selection().is_page
    assert selection("csv", limit=3).is_page
    assert not selection("csv").is_page


def test_all_agents_of_all_members_are_rows() -> None:
    assert selection().rows == 10


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"agent": "Moon"}, BadRequest),
        ({"sort": "mass"}, RequestError),
        ({"form": "csv", "cursor": "x"}, BadRequest),
    ],
)
def test_what_can_be_no_selection_is_refused(
    changed: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        selection(**changed)


def test_a_sorted_file_waits_for_a_place_as_large_as_the_table(
    web: FlaskClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fair_gate, "WAIT_S", 0.1)
    many = PropagationRequest(2, Trajectory(), 6_000)
    run = RunOfEnsemble(services, many)
    run.compute([range(3_000), range(3_000, 6_000)])
    run.publish()
    table = f"{API_ROOT}/{many.id}/members?format=csv"
    admission = services.admission
    places = admission._places  # noqa: SLF001 - as full as it can be without refusing small files
    held = places.take(fair_gate.Flow("somebody"), admission.memory * 15 // 16, 1)
    try:
        one = selection_of(many, QUERY | {"sort": "x"}, "json")
        assert held_bytes(one.schema, one.rows) > 2**20  # so it is not a small file
        assert web.get(f"{table}&sort=x").status_code == 503
        assert web.get(f"{table}&limit=5").status_code == 200
    finally:
        places.release(held)
    assert web.get(f"{table}&sort=x").status_code == 200
