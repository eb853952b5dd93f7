from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from frontend.domain.resource import ClusterView, ErrorReport, Progress, Resource, Status, Timings
from frontend.web.pages.stages import status_words
from frontend.web.pages.view_model import View, name_list, title_of
from sim.engine import Propagation
from sim.models.labels import NO_LABELS, Labels
from sim.presets import preset
from sim.scenario import NANO, PropagationRequest, Trajectory

REQUEST = PropagationRequest(1_000_000)


def resource(status: Status, done: int = 0, **more: object) -> Resource:
    position = more.pop("position", None)
    return Resource(
        id=REQUEST.id,
        steps=REQUEST.steps,
        seed=0,
        member=0,
        members=1,
        status=status,
        progress=Progress(done=done, total=REQUEST.steps, position=position),  # type: ignore[arg-type]  # a test's shorthand
        **more,  # type: ignore[arg-type]  # the same
    )


def stages(of: Resource) -> list[str]:
    return [stage.state for stage in View(REQUEST, of).stages]


def test_the_stages_before_the_present_one_are_done() -> None:
    assert stages(resource(Status.QUEUED)) == ["now", "todo", "todo", "todo"]
    assert stages(resource(Status.STARTING)) == ["done", "now", "todo", "todo"]
    assert stages(resource(Status.RUNNING, 5)) == ["done", "done", "now", "todo"]
    computed = Timings(running_s=2.0)
    assert stages(resource(Status.RUNNING, 5, timings=computed)) == ["done", "done", "done", "now"]
    assert stages(resource(Status.COMPLETE, REQUEST.steps)) == ["done"] * 4


def test_the_stages_that_are_over_say_how_long_they_took() -> None:
    timings = Timings(asked_at="2026-01-01T00:00:00Z", queued_s=0.25, starting_s=3.5)
    told = View(REQUEST, resource(Status.RUNNING, 5, timings=timings)).stages
    assert [stage.took for stage in told] == ["250\u202fms", "3.5\u202fs", "", ""]


def test_what_nobody_has_asked_for_is_absent_and_neither_complete_nor_under_way() -> None:
    view = View(REQUEST, None)
    assert (view.status, view.is_complete, view.is_under_way) == ("absent", False, False)
    assert view.links.page == "/propagate/1000000"


def test_where_and_when_a_scenario_is_stands_in_one_line_where_it_says_so() -> None:
    labels = Labels("2026-01-01T00:00:00.50", "TDB", "ICRF", "EARTH")
    for given, words in (
        (labels, "Epoch 2026-01-01T00:00:00.5 TDB · frame ICRF · centre EARTH"),
        (Labels(frame="TEME"), "Frame TEME"),
        (NO_LABELS, ""),
    ):
        trajectory = Trajectory(replace(NANO, labels=given))
        assert View(PropagationRequest(5, trajectory), None).labels == words


@pytest.mark.parametrize(
    ("of", "words"),
    [
        (resource(Status.QUEUED, position=3), "place 3 in the queue"),
        (resource(Status.QUEUED, position=1), "next in the queue"),
        (resource(Status.QUEUED), "queued"),
        (resource(Status.STARTING), "cluster starting"),
        (resource(Status.STARTING, 5), "runner has begun, cluster starting"),
        (
            resource(Status.STARTING, cluster=ClusterView(name="c", workers=2, arrived=1)),
            "cluster starting, 1 of 2 workers",
        ),
        (resource(Status.RUNNING, 499_999), "49 % computed"),
        (resource(Status.CANCELLED), "cancelled"),
    ],
)
def test_a_few_words_say_where_a_propagation_stands(of: Resource, words: str) -> None:
    assert status_words(of) == words


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (("A",), "A"),
        (("A", "B"), "A and B"),
        (("A", "B", "C"), "A, B and C"),
        (tuple("ABCDEFG"), "A, B, C, D and 3 more"),
    ],
)
def test_of_many_agents_the_first_are_named(names: tuple[str, ...], text: str) -> None:
    assert name_list(names) == text


def test_a_trajectory_that_ends_offers_what_came_before() -> None:
    error = ErrorReport(detail="It ended.", final=True, iteration=70, agents=("A",))
    request = PropagationRequest(100, Trajectory(seed=7))
    view = View(request, resource(Status.FAILED, error=error))
    assert view.shorter is not None
    assert view.shorter.page == f"/propagate/70-{request.trajectory.digest}"


def test_a_trajectory_that_never_began_offers_nothing() -> None:
    error = ErrorReport(detail="It ended.", final=True, iteration=0, agents=("A",))
    assert View(REQUEST, resource(Status.FAILED, error=error)).shorter is None


def test_every_format_can_be_downloaded_and_says_about_how_large_it_is() -> None:
    view = View(REQUEST, resource(Status.COMPLETE, statistics={"records": 1_000}))
    hrefs = {one.title: one.href for one in view.downloads}
    assert hrefs["data.js"] == "/propagate/1000000/data.js"
    assert hrefs["CSV"] == "/api/v1/propagations/1000000/records?format=csv"
    assert set(hrefs) == {"data.js", "JSON", "CSV", "Arrow", "Parquet"}
    assert all(1e4 < one.size_bytes < 1e6 for one in view.downloads)


def test_above_a_million_records_the_text_formats_carry_a_warning() -> None:
    assert not View(REQUEST, resource(Status.COMPLETE, statistics={"records": 10**6})).is_large
    assert View(REQUEST, resource(Status.COMPLETE, statistics={"records": 10**6 + 1})).is_large


def view_of(name: str, steps: int = 50) -> View:
    trajectory = Trajectory(preset(name).scenario)
    statistics = Propagation.open(trajectory, steps).summary()
    request = PropagationRequest(steps, trajectory)
    return View(request, resource(Status.COMPLETE, statistics=statistics))


def test_a_distance_of_0_is_no_number_that_is_too_large() -> None:
    view = view_of("figure-eight")
    assert [table.agent for table in view.tables if table.meets_its_primary] == ["C"]
    assert view.left_out == ""  # a barycentre is no body, so that no alarm is due
    assert "barycentre of all other agents, where there is no body" in view.about_no_body
    for other in ("binary", "hierarchical-triple"):
        assert view_of(other).left_out == view_of(other).about_no_body == ""


def test_a_distance_of_0_from_a_body_is_told_of() -> None:
    summary: Any = Propagation.open(Trajectory(), 50).summary()
    summary["statistics"]["Satellite"]["r"]["min"] = 0.0
    view = View(REQUEST, resource(Status.COMPLETE, statistics=summary))
    assert view.left_out.startswith("Where Satellite came to a distance of 0 from the primary")
    assert view.about_no_body == ""


def test_a_sentence_says_which_agents_have_a_part_in_the_whole_system() -> None:
    assert view_of("circular").only_massive == "Earth"
    assert view_of("circular").without_part.endswith("of each orbit are under Method and accuracy.")
    assert view_of("kirkwood-gap").only_massive == ""
    assert view_of("kirkwood-gap").without_part == "Agents without a μ have no part in them."
    assert view_of("figure-eight").without_part == ""
    massless = replace(NANO, agents=tuple(replace(agent, mu=0.0) for agent in NANO.agents))
    statistics = Propagation.open(Trajectory(massless), 5).summary()
    request = PropagationRequest(5, Trajectory(massless))
    assert View(request, resource(Status.COMPLETE, statistics=statistics)).system == ()


def statistics_of(distance: float) -> dict[str, object]:
    planet, satellite = NANO.agents
    far = replace(satellite, state=replace(satellite.state, x=distance))
    scenario = replace(NANO, agents=(planet, far))
    summary: dict[str, object] = Propagation.open(Trajectory(scenario), 500).summary()
    return summary


def test_a_page_says_what_its_figures_leave_out() -> None:
    def sentence(distance: float) -> str:
        return View(REQUEST, resource(Status.COMPLETE, statistics=statistics_of(distance))).left_out

    assert sentence(1.0) == sentence(1e100) == ""
    assert "distance of 0" not in sentence(1e305)
    assert sentence(1e305).startswith(
        "Some distances, energies or angular momenta of Satellite are"
    )


@pytest.mark.parametrize(("steps", "title"), [(1, "1 step"), (2, "2 steps"), (1000, "1,000 steps")])
def test_the_title_of_steps_counts_them(steps: int, title: str) -> None:
    assert title_of(PropagationRequest(steps)) == title
