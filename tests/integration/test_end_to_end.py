"""The whole path, from a request to the numbers: real web, runner, Redis, Gateway and clusters.

The judge of the numbers is `naive.py`, which was written from the model's description alone.
"""

from __future__ import annotations

import array
import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import pytest

from sim import Propagation, Trajectory
from tests.deadlines import under_load
from tests.installation import Installation, ask, installed
from tests.integration import naive
from tests.processes import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.redis_servers import RedisServer

MANY: Final = 50
UNCACHED: Final = 300_000  # uncached, that is, of a seed that nobody else asks for
SATELLITE_FIRST: Final = {**naive.NANO, "agents": list(reversed(naive.NANO["agents"]))}
THREE: Final[dict[str, Any]] = {
    "agents": [
        *naive.NANO["agents"],
        {
            "name": 'Moon "b"',
            "mu": 0.05,
            "time": 0,
            "timeStep": 0.02,
            "x": 0.5,
            "y": -1.5,
            "vx": -0.6,
            "vy": 0.1,
        },
    ],
    "dt_min": 0.005,
    "dt_span": 0.02,
    "epsilon": 0.0005,
}


@pytest.fixture(scope="module")
def installation(
    redis_of_its_own: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    with installed(redis_of_its_own.url, tmp_path_factory.mktemp("porta")) as running:
        yield running


@pytest.fixture
def client(installation: Installation) -> Iterator[httpx.Client]:
    with installation.client() as client:
        yield client


def bits(records: list[naive.Record]) -> tuple[bytes, list[list[str]]]:
    """All numbers as they are in memory, and whose they are."""
    numbers, whose = array.array("d"), []
    for t0, t1, states in records:
        numbers.extend((t0, t1))
        whose.append(list(states))
        for state in states.values():
            numbers.extend(state[quantity] for quantity in naive.QUANTITIES)
    return numbers.tobytes(), whose


def data_js(client: httpx.Client, path: str) -> list[naive.Record]:
    answer = client.get(path).raise_for_status()
    return naive.read_data_js(answer.text)


@pytest.mark.parametrize("steps", [1, 500, 2_000, 20_000, 200_000])
def test_data_js_is_what_a_naive_simulation_gives(client: httpx.Client, steps: int) -> None:
    resource = ask(client, steps=steps)
    assert resource["status"] == "complete", resource
    assert bits(data_js(client, f"/propagate/{steps}/data.js")) == bits(naive.simulate(steps))


@pytest.mark.parametrize("seed", [1, 7, 2**53 - 1])
@pytest.mark.parametrize("steps", [500, 2_000])
def test_every_seed_has_its_own_numbers(client: httpx.Client, steps: int, seed: int) -> None:
    records = data_js(client, f"/propagate/{steps}/data.js?seed={seed}")
    assert bits(records) == bits(naive.simulate(steps, seed))


@pytest.mark.parametrize("scenario", [naive.NANO, THREE], ids=["default", "three"])
@pytest.mark.parametrize(("steps", "member"), [(2_000, 1), (200_000, 2**53 - 1)])
def test_every_member_has_its_own_numbers(
    client: httpx.Client, scenario: dict[str, Any], steps: int, member: int
) -> None:
    resource = ask(client, steps=steps, seed=3, member=member, scenario=scenario)
    assert resource["status"] == "complete", resource
    assert (resource["seed"], resource["member"]) == (3, member)
    assert (resource["cluster"] is None) == (steps == 2_000)
    expected = naive.simulate(steps, 3, scenario, member)
    assert bits(data_js(client, resource["links"]["data_js"])) == bits(expected)
    page = client.get(resource["links"]["page"]).raise_for_status()
    assert f"seed 3 · member {member}" in page.text
    assert client.get(resource["links"]["self"] + "?member=3").status_code == 400


@pytest.mark.parametrize("scenario", [SATELLITE_FIRST, THREE], ids=["satellite-first", "three"])
@pytest.mark.parametrize(("steps", "seed"), [(2_000, 0), (2_000, 3), (80_000, 5)])
def test_every_scenario_has_its_own_numbers(
    client: httpx.Client, scenario: dict[str, Any], steps: int, seed: int
) -> None:
    resource = ask(client, steps=steps, seed=seed, scenario=scenario)
    assert resource["status"] == "complete", resource
    records = data_js(client, resource["links"]["data_js"])
    assert bits(records) == bits(naive.simulate(steps, seed, scenario))


def test_many_who_ask_for_the_same_at_once_share_one_cluster_and_one_run(
    installation: Installation, client: httpx.Client
) -> None:
    before = set(installation.clusters())

    def one(_number: int) -> dict[str, Any]:
        with installation.client() as own:
            return ask(own, steps=UNCACHED, seed=21)

    with ThreadPoolExecutor(MANY) as pool:
        answers = list(pool.map(one, range(MANY)))
    assert len(set(installation.clusters()) - before) == 1
    expected = naive.simulate(UNCACHED, 21)
    end = {name: state for *_, states in expected for name, state in states.items()}
    for answer in answers:
        assert answer["status"] == "complete"
        assert answer["statistics"]["end"] == end
        assert answer["statistics"]["records"] == naive.rows(expected)
    assert bits(data_js(client, f"/propagate/{UNCACHED}/data.js?seed=21")) == bits(expected)


def test_the_manifest_is_in_redis_and_the_cluster_is_gone_after_the_run(
    installation: Installation, client: httpx.Client
) -> None:
    assert ask(client, steps=500_000)["cluster"] is not None
    with installation.redis as stored:
        manifest = json.loads(stored.get("propagation/500000") or "null")
    assert manifest["request"]["steps"] == 500_000
    eventually(
        lambda: not installation.clusters("pending,running,stopping"), within_s=under_load(15)
    )


def test_a_longer_run_goes_on_where_a_shorter_one_ended(client: httpx.Client) -> None:
    ask(client, steps=100_000, seed=11)
    longer = ask(client, steps=250_000, seed=11)
    assert longer["timings"]["reused_steps"] == 131_072  # two intervals of 65,536
    records = data_js(client, longer["links"]["data_js"])
    assert bits(records) == bits(naive.simulate(250_000, 11))


def test_any_beginning_of_what_is_there_is_answered_without_a_cluster(
    installation: Installation, client: httpx.Client
) -> None:
    ask(client, steps=280_000, seed=12)
    before = set(installation.clusters())
    expected = naive.simulate(280_000, 12)
    # The run went on to the end of an interval; what is little is simply computed again.
    reused = {1: 0, 65_536: 65_536, 131_073: 131_073, 279_999: 279_999}
    for steps, reused_steps in reused.items():
        answer = client.post("/api/v1/propagations", json={"steps": steps, "seed": 12})
        assert answer.status_code == 200
        beginning = answer.json()
        assert beginning["cluster"] is None
        assert beginning["timings"]["where"] == "inline"
        assert beginning["timings"]["reused_steps"] == reused_steps
        records = data_js(client, beginning["links"]["data_js"])
        assert naive.rows(records) == beginning["statistics"]["records"]
        assert bits(records) == bits(expected[: len(records)])
    assert set(installation.clusters()) == before


def test_twice_as_much_costs_only_the_second_half(client: httpx.Client) -> None:
    half = 16 * 65_536
    assert ask(client, steps=half, seed=13)["timings"]["reused_steps"] == 0
    twice = ask(client, steps=2 * half, seed=13)
    assert twice["timings"]["reused_steps"] == half
    assert (
        twice["statistics"]["statistics"]
        == Propagation.open(Trajectory(seed=13), 2 * half).statistics()
    )


def test_every_export_is_right_without_a_slice_in_the_cache(
    installation: Installation, client: httpx.Client
) -> None:
    ask(client, steps=200_000)
    formats = ("json", "csv", "arrow", "parquet")
    records = "/api/v1/propagations/200000/records"
    before = {form: client.get(records, params={"format": form}).content for form in formats}
    with installation.redis as stored:
        slices = list(stored.scan_iter("trajectory/*/slice/*"))
        assert slices
        stored.delete(*slices)
    for form in formats:
        assert client.get(records, params={"format": form}).content == before[form]
    assert bits(data_js(client, "/propagate/200000/data.js")) == bits(naive.simulate(200_000))


@pytest.mark.parametrize("steps", ["0", "-1", "1e18", "abc", "5.5", "", "007", "1_000"])
def test_a_bad_step_count_is_refused_with_a_sentence_and_starts_nothing(
    installation: Installation, client: httpx.Client, steps: str
) -> None:
    with installation.redis as stored:
        before = sorted(stored.keys("*"))
        for answer in (
            client.get(f"/propagate/{steps}"),
            client.post("/api/v1/propagations", json={"steps": steps}),
        ):
            assert 400 <= answer.status_code < 500
            assert "Traceback" not in answer.text
        assert sorted(stored.keys("*")) == before


@pytest.mark.parametrize(
    "scenario",
    [
        json.dumps({**naive.NANO, "epsilon": float("nan")}),
        json.dumps({**naive.NANO, "agents": []}),
        json.dumps({**naive.NANO, "agents": [naive.NANO["agents"][0]] * 2}),
        json.dumps({**naive.NANO, "gravity": 9.81}),
        "[" * 5_000,
    ],
    ids=["not-a-number", "no-agents", "two-of-one-name", "unknown-field", "too-deep"],
)
def test_a_bad_scenario_is_refused_with_a_sentence_and_starts_nothing(
    installation: Installation, client: httpx.Client, scenario: str
) -> None:
    with installation.redis as stored:
        before = sorted(stored.keys("*"))
        answer = client.post(
            "/api/v1/propagations",
            content=f'{{"steps": 50000, "scenario": {scenario}}}',
            headers={"Content-Type": "application/json"},
        )
        assert 400 <= answer.status_code < 500
        assert answer.headers["Content-Type"].startswith("application/problem+json")
        assert answer.json()["detail"]
        assert sorted(stored.keys("*")) == before


def test_results_are_there_at_once_after_redis_and_the_web_were_restarted(
    installation: Installation, redis_of_its_own: RedisServer, client: httpx.Client
) -> None:
    before = ask(client, steps=UNCACHED)
    installation.stop("runner")
    installation.stop("web")
    redis_of_its_own.kill()
    redis_of_its_own.start()
    installation.start_web()
    with installation.client() as again:
        after = again.get(before["links"]["self"]).raise_for_status().json()
        assert after == before
        overview = again.get(f"{before['links']['self']}/overview").raise_for_status()
        assert overview.json()["agents"]
        records = data_js(again, before["links"]["data_js"])
    installation.start_runner()
    assert bits(records) == bits(naive.simulate(UNCACHED))
