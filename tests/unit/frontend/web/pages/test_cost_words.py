from __future__ import annotations

from dataclasses import replace

from frontend.domain.resource import (
    ClusterView,
    EstimateView,
    Progress,
    Resource,
    Status,
    Timings,
)
from frontend.propagations.cost import Cost
from frontend.web.pages.cost_words import estimated, spent, told

RESOURCE = Resource(
    id="1-0",
    steps=1,
    seed=0,
    member=0,
    members=2,
    status=Status.COMPLETE,
    progress=Progress(done=2, total=2),
)


def test_an_estimate_has_workers_seconds_and_core_seconds() -> None:
    expected = EstimateView(workers=2, seconds=8.24, core_seconds=15.5)
    words = estimated(replace(RESOURCE, estimate=expected))
    assert words == "about 8.2\u202fs with 2 workers, 16\u202fcore-seconds"


def test_where_more_workers_would_not_help_it_says_so() -> None:
    expected = EstimateView(workers=1, seconds=1, core_seconds=1, more_workers_help=False)
    words = estimated(replace(RESOURCE, estimate=expected))
    assert "1 worker, " in words
    assert words.endswith("; more workers would not help")


def test_without_an_estimate_nothing_is_said() -> None:
    assert estimated(RESOURCE) == ""


def test_what_was_spent_is_told_as_far_as_it_is_known() -> None:
    timings = Timings(where="cluster", running_s=6.0, total_s=8.0, core_s=12.0)
    cluster = ClusterView(name="c", workers=2)
    facts = spent(replace(RESOURCE, timings=timings, cluster=cluster))
    assert facts == [
        ("Where", "on its own Dask cluster"),
        ("Workers", "2"),
        ("Computing", "6.0\u202fs"),
        ("Total", "8.0\u202fs"),
        ("Cost", "12\u202fcore-seconds"),
    ]
    assert spent(RESOURCE) == [("Where", "at once, in the web process")]


COST = Cost(
    id="500",
    steps=500,
    members=1,
    work=500.0,
    stored=False,
    at_once=False,
    workers=2,
    seconds=8.24,
    core_seconds=15.5,
    more_workers_help=True,
)


def test_before_a_request_its_cost_is_told_in_a_sentence() -> None:
    assert told(COST) == (
        "About 8.2\u202fs on a Dask cluster of its own, with 2 workers: 16\u202fcore-seconds."
    )
    assert told(replace(COST, more_workers_help=False)).endswith(" More workers would not help.")
    at_once = replace(COST, at_once=True, workers=0, seconds=0.0123)
    assert told(at_once) == "At once: about 12\u202fms, without a cluster."
    assert told(replace(at_once, stored=True)) == "Already computed: it appears at once."
