"""What dashboard and alert rules read is there: in what a real web tells after real work."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

import pytest
from prometheus_client.parser import text_string_to_metric_families

from sim.scenario import Trajectory
from tests import redis_servers
from tests.installation import Installation, ask, installed
from tests.processes import eventually
from tests.promql import Asked, everything_asked, grouped, selected

if TYPE_CHECKING:
    from pathlib import Path

    from tests.redis_servers import RedisServer

Labels = dict[str, str]

FROM_THE_TARGET: Final = {"instance", "job", "pod"}  # Prometheus adds them
STEPS: Final = 1_000_000
INTERVALS: Final = 15  # all but the last, which is not whole and never cached


def scraped(installation: Installation) -> dict[str, list[Labels]]:
    """The labels of every sample that a web tells, by its name."""
    with installation.client() as client:
        told = client.get("/metrics").raise_for_status().text
    found: dict[str, list[Labels]] = {}
    for family in text_string_to_metric_families(told):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample.labels)
    return found


def values(installation: Installation) -> dict[str, float]:
    """Every sample, by its name and its labels' values."""
    with installation.client() as client:
        told = client.get("/metrics").raise_for_status().text
    return {
        " ".join((sample.name, *sample.labels.values())): sample.value
        for family in text_string_to_metric_families(told)
        for sample in family.samples
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the logs of the installation are."""
    return tmp_path_factory.mktemp("porta")


@pytest.fixture(scope="module")
def worked(redis_server: RedisServer, folder: Path) -> dict[str, list[Labels]]:
    """What an installation tells that has done a run, one of whose pages was opened."""
    redis_servers.empty(redis_server.url)  # the counters are the installation's, and live there
    with installed(redis_server.url, folder, PORTA_LOG_FORMAT="json") as installation:
        with installation.client() as client:
            assert ask(client, steps=STEPS, seed=11)["status"] == "complete"
            assert ask(client, steps=500, seed=11)["status"] == "complete"
            assert client.get(f"/propagate/{STEPS}/data.js?seed=11").is_success
        eventually(lambda: "porta_clusters" in values(installation))
        # Its result is published before a run ends, and who asked has it by then.
        eventually(lambda: values(installation)["porta_runs_ended_total done"])
        eventually(lambda: is_well(values(installation)))
        counted(values(installation))
        return scraped(installation)


def counted(told: dict[str, float]) -> None:
    """The work that was done is what is told."""
    assert told["porta_iterations_total"] >= STEPS
    assert told["porta_runs_ended_total done"] == 1
    assert told["porta_results_published_total run"] == 1
    assert told["porta_results_published_total asked"] == 1
    assert told["porta_run_start_seconds_count"] == 1
    assert told["porta_run_queue_seconds_count"] == 1
    assert told["porta_leases_total"] == 1
    assert told["porta_leases_lost_total"] == 0
    assert (
        told["porta_slice_lookups_total hit"] + told["porta_slice_lookups_total miss"] >= INTERVALS
    )


def is_well(told: dict[str, float]) -> bool:
    """Whether a runner and the Gateway are there; a Gateway that is slow to answer is not."""
    return told["porta_runners_alive"] == told["porta_gateway_up"] == 1


def target(name: str) -> bool:
    return name in FROM_THE_TARGET


@pytest.mark.parametrize("asked", everything_asked(), ids=lambda asked: asked.where)
def test_every_metric_and_label_that_is_asked_for_is_told(
    worked: dict[str, list[Labels]], asked: Asked
) -> None:
    expr = asked.parsed
    known: set[str] = set()
    for one in selected(expr):
        assert one.metric in worked, one.metric
        labels = worked[one.metric]
        known |= {name for each in labels for name in each}
        for name, _, value in one.matchers:
            if not target(name):
                told = {each[name] for each in labels}  # KeyError: there is no such label
                assert all(matches(word, told) for word in value.split("|")), (name, value, told)
    assert {name for name in grouped(expr) if not target(name)} <= known


def matches(pattern: str, told: set[str]) -> bool:
    """Whether one of the values that a rule waits for can come: it has, or is an error's status."""
    if re.fullmatch("5[0-9][0-9]", pattern):
        return any(re.fullmatch("[1-5][0-9][0-9]", value) for value in told)
    return any(re.fullmatch(pattern, value) for value in told)


@pytest.mark.usefixtures("worked")
def test_a_run_is_followed_through_the_logs_of_web_and_runner(folder: Path) -> None:
    run = Trajectory(seed=11).digest
    lines = [json.loads(line) for line in (folder / "runner.log").read_text().splitlines()]
    told = {line["event"] for line in lines if line.get("run") == run and line["epoch"] == 1}
    assert {"run begins", "published", "run ends"} <= told
    lines = [json.loads(line) for line in (folder / "web.log").read_text().splitlines()]
    (asked,) = {line["request"] for line in lines if line.get("run") == run and "action" in line}
    assert asked


def test_the_installation_is_told_alike_by_every_web(
    redis_server: RedisServer, tmp_path: Path
) -> None:
    with installed(redis_server.url, tmp_path) as installation:
        with installation.client() as client:
            ask(client, steps=600, seed=12)
        first = values(installation)
        installation.stop("web")
        installation.start_web()
        again = values(installation)
    installations = {name for name in first if re.match("porta_(runs|results|iterations)", name)}
    assert installations
    assert {name: again[name] for name in installations} == {
        name: first[name] for name in installations
    }
