"""Claims about quotas: what is counted, what is refused, and what is served all the same."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from frontend.storage import keys
from frontend.web.auth.tokens import token_line
from tests.guarded import bearer

if TYPE_CHECKING:
    import pytest
    import redis
    from werkzeug.test import TestResponse

    from tests.guarded import Guarded

ROOT = "/api/v1/propagations"


def ask(guarded: Guarded, token: str, steps: int = 200_000, seed: int = 0) -> TestResponse:
    body = {"steps": steps, "seed": seed}
    return guarded.client().post(ROOT, json=body, headers=bearer(token))


def statuses(guarded: Guarded, token: str, seeds: range) -> list[int]:
    return [ask(guarded, token, seed=seed).status_code for seed in seeds]


def test_whoever_has_started_as_much_as_may_be_is_told_when_there_is_more(
    guarded: Guarded,
) -> None:
    assert statuses(guarded, guarded.bob, range(2)) == [202, 202]
    answer = ask(guarded, guarded.bob, seed=2)
    assert answer.status_code == 429
    assert answer.content_type == "application/problem+json"
    assert "your quota of starts, 2 per 1 hour" in answer.get_json()["detail"]
    assert 3_500 < int(answer.headers["Retry-After"]) <= 3_600
    assert len(guarded.services.runs.under_way()) == 2


def test_each_has_a_quota_of_their_own(guarded: Guarded) -> None:
    assert statuses(guarded, guarded.bob, range(3)) == [202, 202, 429]
    assert statuses(guarded, guarded.ada, range(3, 6)) == [202, 202, 202]


def test_joining_a_run_costs_nothing(guarded: Guarded) -> None:
    assert statuses(guarded, guarded.bob, range(2)) == [202, 202]
    ask(guarded, guarded.ada, seed=2)
    assert statuses(guarded, guarded.bob, range(3)) == [202, 202, 202]


def test_a_run_that_is_made_longer_is_counted(guarded: Guarded) -> None:
    answers = [ask(guarded, guarded.bob, steps).status_code for steps in (200_000, 300_000)]
    assert answers == [202, 202]
    assert ask(guarded, guarded.bob, 400_000).status_code == 429


def test_less_than_a_run_will_reach_joins_it_at_no_cost(guarded: Guarded) -> None:
    ask(guarded, guarded.ada, 300_000, seed=2)
    assert statuses(guarded, guarded.bob, range(3)) == [202, 202, 202]
    assert ask(guarded, guarded.bob, 250_000, seed=2).status_code == 202
    assert ask(guarded, guarded.bob, 300_001, seed=2).status_code == 429


def test_looking_and_what_is_answered_at_once_cost_nothing(guarded: Guarded) -> None:
    assert statuses(guarded, guarded.bob, range(2)) == [202, 202]
    for steps in (500, 600, 700):
        assert ask(guarded, guarded.bob, steps).status_code == 200
    client = guarded.client()
    headers = bearer(guarded.bob)
    for path in ("/", "/propagate/500", "/propagate/200000", f"{ROOT}/500/records"):
        assert client.get(path, headers=headers).status_code == 200


def test_a_page_of_what_may_not_be_started_says_so_with_a_way_on(guarded: Guarded) -> None:
    statuses(guarded, guarded.bob, range(2))
    answer = guarded.client().get("/propagate/900000", headers=bearer(guarded.bob))
    assert answer.status_code == 429
    assert "your quota of starts" in answer.text


def test_work_is_counted_too(guarded: Guarded) -> None:
    guarded.tokens.write_text(token_line("bob", guarded.bob, work="500000/day"))
    assert ask(guarded, guarded.bob, 300_000).status_code == 202
    answer = ask(guarded, guarded.bob, 300_000, seed=1)
    assert answer.status_code == 429
    assert "your quota of work" in answer.get_json()["detail"]
    assert ask(guarded, guarded.bob, 200_000, seed=1).status_code == 202


def test_more_than_the_whole_quota_is_refused_for_good(guarded: Guarded) -> None:
    guarded.tokens.write_text(token_line("bob", guarded.bob, work="500000/day"))
    answer = ask(guarded, guarded.bob, 600_000)
    assert answer.status_code == 403
    assert "ask for fewer steps" in answer.get_json()["detail"]


def test_many_requests_at_once_get_no_more_than_the_quota(guarded: Guarded) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda seed: ask(guarded, guarded.bob, seed=seed), range(16)))
    assert sorted(one.status_code for one in answers) == [202] * 2 + [429] * 14
    assert len(guarded.services.runs.under_way()) == 2


def test_many_requests_at_once_for_one_thing_cost_one_start(guarded: Guarded) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: ask(guarded, guarded.bob), range(16)))
    assert {one.status_code for one in answers} == {202}
    assert ask(guarded, guarded.bob, seed=1).status_code == 202


def test_who_joins_a_run_whose_starter_is_refused_is_never_told_that_it_was_cancelled(
    guarded: Guarded,
) -> None:
    assert statuses(guarded, guarded.bob, range(2)) == [202, 202]
    with ThreadPoolExecutor(16) as pool:
        asked = [
            pool.submit(ask, guarded, token, seed=seed)
            for seed in range(2, 22)
            for token in (guarded.bob, guarded.ada)
        ]
    told = {one.result().status_code for one in asked[1::2]}
    assert told == {202}
    resources = [one.result().get_json() for one in asked[1::2]]
    links = [one["links"]["self"] for one in resources]
    assert {guarded.client().get(link).get_json()["status"] for link in links} == {"queued"}


def test_where_everybody_is_local_nothing_is_counted(
    guarded: Guarded, redis_client: redis.Redis
) -> None:
    guarded.tokens.write_text(token_line("bob", guarded.bob, starts="none", work="none"))
    assert set(statuses(guarded, guarded.bob, range(70))) == {202}
    assert redis_client.keys(f"{keys.LIMITS}*") == []


def test_counters_are_the_only_keys_beside_slices_that_carry_a_ttl(
    guarded: Guarded, redis_client: redis.Redis
) -> None:
    statuses(guarded, guarded.bob, range(2))
    names = [name.decode() for name in redis_client.scan_iter()]
    with_ttl = [name for name in names if redis_client.ttl(name) != -1]
    assert with_ttl
    assert all(name.startswith(keys.LIMITS) for name in with_ttl)


def test_counters_that_redis_evicted_forgive_what_they_counted(
    guarded: Guarded, redis_client: redis.Redis
) -> None:
    assert statuses(guarded, guarded.bob, range(3)) == [202, 202, 429]
    redis_client.delete(*redis_client.keys(f"{keys.LIMITS}*"))
    assert statuses(guarded, guarded.bob, range(2, 4)) == [202, 202]


def test_with_a_full_redis_new_runs_are_503_and_what_is_there_is_served(
    guarded: Guarded, redis_client: redis.Redis
) -> None:
    assert ask(guarded, guarded.bob, 500).status_code == 200
    redis_client.config_set("maxmemory", 1)
    assert ask(guarded, guarded.bob).status_code == 503
    assert ask(guarded, guarded.bob, 500).status_code == 200
    page = guarded.client().get("/propagate/500", headers=bearer(guarded.bob))
    assert page.status_code == 200


def test_a_redis_that_is_away_is_no_error_of_the_quotas() -> None:
    from frontend.storage.connection import connect
    from frontend.web.auth.authentication import Principal
    from frontend.web.auth.quotas import quotas_in

    away = quotas_in(connect("redis://127.0.0.1:1"))
    who = Principal(name="bob", starts="1/hour", work="1/hour")
    away.keep(who, 1)


def test_what_answers_at_once_leave_behind_is_counted_once_each(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("frontend.web.auth.quotas.INLINE_STORAGE", "8000/day")
    seeds = [*range(1, 3), 1, 2]
    assert [ask(guarded, guarded.bob, 18, seed=seed).status_code for seed in seeds] == [200] * 4
    refused = ask(guarded, guarded.bob, 18, seed=3)
    assert refused.status_code == 429
    assert "your quota of storage" in refused.get_json()["detail"]
    assert ask(guarded, guarded.bob, 18).status_code == 200
    assert ask(guarded, guarded.ada, 18, seed=3).status_code == 200
    assert ask(guarded, guarded.bob, 18, seed=3).status_code == 200
