from __future__ import annotations

import orjson
import pytest

from frontend.domain.resource import (
    ClusterView,
    ErrorReport,
    Links,
    Progress,
    Resource,
    Status,
    Timings,
)

DESIGNED = {
    "id",
    "steps",
    "seed",
    "member",
    "members",
    "status",
    "progress",
    "cluster",
    "timings",
    "statistics",
    "error",
    "links",
    "provenance",
}


def a_resource(**changes: object) -> Resource:
    values: dict[str, object] = {
        "id": "500",
        "steps": 500,
        "seed": 0,
        "member": 0,
        "members": 1,
        "status": Status.RUNNING,
        "progress": Progress(done=100, total=500, rate=50.0, eta_s=8.0),
    }
    return Resource(**(values | changes))  # type: ignore[arg-type]  # a test's shorthand


def test_the_json_has_exactly_the_documented_members() -> None:
    assert set(a_resource().to_json()) == DESIGNED


def test_the_progress_names_the_place_in_the_line() -> None:
    progress = a_resource(progress=Progress(done=0, total=500, position=3)).to_json()["progress"]
    assert progress == {"done": 0, "total": 500, "rate": None, "eta_s": None, "position": 3}


def test_what_is_not_there_is_null() -> None:
    document = a_resource().to_json()
    assert document["cluster"] is None
    assert document["statistics"] is None
    assert document["error"] is None


def test_the_json_is_json_all_through() -> None:
    full = a_resource(
        status=Status.FAILED,
        cluster=ClusterView(name="c", workers=3, dashboard="http://d/", arrived=1),
        timings=Timings(asked_at="2026-01-01T00:00:00Z", total_s=1.5, where="cluster"),
        statistics={"records": 790},
        error=ErrorReport(detail="It ended.", final=True, iteration=7, agents=("A", "B")),
    ).to_json()
    assert orjson.loads(orjson.dumps(full)) == full


def test_the_links_lead_to_every_view_of_the_propagation() -> None:
    assert Links.of("5-0123456789abcdef") == Links(
        self="/api/v1/propagations/5-0123456789abcdef",
        page="/propagate/5-0123456789abcdef",
        data_js="/propagate/5-0123456789abcdef/data.js",
        records="/api/v1/propagations/5-0123456789abcdef/records",
        events="/api/v1/propagations/5-0123456789abcdef/events",
    )


@pytest.mark.parametrize(
    ("status", "over"),
    [
        (Status.QUEUED, False),
        (Status.STARTING, False),
        (Status.RUNNING, False),
        (Status.COMPLETE, True),
        (Status.FAILED, True),
        (Status.CANCELLED, True),
    ],
)
def test_a_propagation_is_over_when_nothing_more_will_happen(
    status: Status,
    over: bool,  # noqa: FBT001  # a parametrised expectation
) -> None:
    assert status.is_over is over


def test_the_fraction_stays_between_zero_and_one() -> None:
    assert Progress(done=0, total=0).fraction == 0.0
    assert Progress(done=5, total=10).fraction == 0.5
    assert Progress(done=11, total=10).fraction == 1.0
