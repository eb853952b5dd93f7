from __future__ import annotations

from frontend.domain.resource import ErrorReport, Progress, Resource, Status, Timings
from frontend.web.pages.stages import stages_of, standing_of, workers


def resource(status: Status, **more: object) -> Resource:
    return Resource(
        id="500",
        steps=500,
        seed=0,
        member=0,
        members=1,
        status=status,
        progress=Progress(done=0, total=500),
        **more,  # type: ignore[arg-type]  # a test's shorthand
    )


def test_a_run_writes_when_its_computing_has_an_end() -> None:
    running = stages_of(resource(Status.RUNNING))
    writing = stages_of(resource(Status.RUNNING, timings=Timings(running_s=1.0)))
    assert [one.key for one in running if one.state == "now"] == ["running"]
    assert [one.key for one in writing if one.state == "now"] == ["writing"]


def test_stages_have_the_names_of_the_vocabulary() -> None:
    assert [one.name for one in stages_of(None)] == ["Queued", "Starting", "Running", "Writing"]


def test_what_went_wrong_stands_beside_how_a_run_stands() -> None:
    waiting = resource(Status.QUEUED, error=ErrorReport(detail="The Dask Gateway is away."))
    assert standing_of(waiting) == "Queued. The Dask Gateway is away."
    assert standing_of(resource(Status.STARTING)) == "Cluster starting."


def test_one_worker_is_one() -> None:
    assert (workers(1), workers(2_000)) == ("1 worker", "2,000 workers")
