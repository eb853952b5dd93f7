"""The arithmetic of docs/scaling.md about ensembles, from the table of costs and the settings."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from infra.charts import schedulers, third_party
from infra.constructs import resource_quota
from infra.settings import Settings
from infra.settings.quantities import cores, mebibytes
from sim.cost_model import ensemble_seconds, workers_for_ensemble
from sim.scenario import PropagationRequest

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "scaling.md"
SECTION: Final = "## A thousand users who ask for ensembles"
HOUR_S: Final = 3_600
START_AND_STOP_S: Final = 10
RESULT_GB: Final = 0.004  # an analysed agent, at most
HOURS: Final = 8
ASKED: Final = {
    "small": (1_000, PropagationRequest(100_000, members=10_000)),
    "large": (100, PropagationRequest(1_000_000, members=100_000)),
}


def section() -> str:
    text = DOCUMENT.read_text("utf-8")
    return text[text.index(SECTION) : text.index("## Beyond")]


def settings(tmp_path: Path) -> Settings:
    """The settings that the document proposes."""
    block = re.search(r"```yaml\n(.*?)```", section(), re.DOTALL)
    assert block is not None
    file = tmp_path / "porta.yaml"
    file.write_text(block[1])
    return Settings.load({"INFRA_FILE": str(file), "INFRA_INGRESS_HOST": "porta.example.com"})


def table() -> dict[str, list[str]]:
    rows = [line.strip("|").split("|") for line in section().splitlines() if line.startswith("|")]
    return {first.strip(): [cell.strip() for cell in rest] for first, *rest in rows}


def number(cell: str) -> float:
    return float(cell.replace(",", "").removesuffix(" s").removesuffix(" GB"))


def computed(kind: str, given: Settings) -> list[float]:
    """A column of the table."""
    count, request = ASKED[kind]
    work_s = ensemble_seconds(request)
    workers = workers_for_ensemble(request, max_workers=given.max_workers)
    up_s = START_AND_STOP_S + work_s / workers
    (size, *_) = [one for one in schedulers.sizes(given) if workers <= one.workers]
    clusters = count * up_s / HOUR_S
    return [
        count,
        work_s,
        workers,
        up_s,
        count * work_s / HOUR_S,
        clusters * workers * given.worker_cores,
        clusters * float(size.cores),
        clusters,
        count * workers,
        count * RESULT_GB * HOURS,
    ]


@pytest.mark.parametrize(("kind", "column"), [("small", 0), ("large", 1)])
def test_the_table_is_what_the_costs_say(tmp_path: Path, kind: str, column: int) -> None:
    _, *rows = [(name, cells) for name, cells in table().items() if set(name) != {"-"}]
    found = {name: number(cells[column]) for name, cells in rows}
    expected = dict(zip(found, computed(kind, settings(tmp_path)), strict=True))
    assert found == pytest.approx(expected, rel=0.03, abs=0.05)


def test_what_is_together_is_the_sum() -> None:
    summed = [cells for cells in table().values() if re.fullmatch(r"[0-9.,]+( GB)?", cells[2])]
    assert len(summed) > 5
    for small, large, together in (map(number, cells) for cells in summed):
        assert together == pytest.approx(small + large, rel=0.02, abs=0.1)


def test_the_default_memory_of_redis_holds_as_many_results_as_is_said() -> None:
    text = " ".join(DOCUMENT.read_text("utf-8").split())
    said = re.search(r"(\d+) GiB of Redis hold some (\d+) results of runs of 100,000,000", text)
    row = re.search(r"a stored result, .*? (\d+) MB for 100,000,000", text)
    assert said is not None
    assert row is not None
    assert float(mebibytes(Settings().redis_memory)) == float(said[1]) * 1024
    data_mb = float(said[1]) * 2**30 / 1e6 * float(third_party.FOR_DATA)
    assert float(said[2]) == pytest.approx(data_mb / float(row[1]), rel=0.1)


def test_the_proposed_settings_hold_what_the_hour_needs(tmp_path: Path) -> None:
    given = settings(tmp_path)
    assert number(table()["clusters at a time, on average"][2]) <= given.max_runs / 2
    data_gb = float(mebibytes(given.redis_memory) * third_party.FOR_DATA) * 2**20 / 1e9
    assert number(table()["results after eight such hours, at most"][2]) <= data_gb
    quota = cores(resource_quota.workloads(given)["requests.cpu"])
    assert 2_000 < quota < 2_200
    asked = given.max_runs * given.max_workers * given.worker_cores
    assert quota > 2 * asked
