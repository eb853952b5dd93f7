"""Claims about the Lua scripts as such."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from frontend.runs.run_queue import RunQueue
from frontend.storage import scripts
from frontend.storage.connection import connect
from tests.run_protocol import digest_of, request

if TYPE_CHECKING:
    import redis

REFUSED_WHEN_FULL = {"derive", "enqueue", "put"}
READS_ONLY = {"candidates", "snapshot"}


@pytest.mark.parametrize("name", scripts.NAMES)
def test_every_script_is_accepted_by_the_server(redis_client: redis.Redis, name: str) -> None:
    assert len(redis_client.script_load(scripts.source(name))) == 40


@pytest.mark.parametrize("name", scripts.NAMES)
def test_a_script_says_in_its_first_line_what_a_full_storage_means_to_it(name: str) -> None:
    first = scripts.source(name).splitlines()[0]
    if name in REFUSED_WHEN_FULL:
        assert first == "#!lua"
    elif name in READS_ONLY:
        assert first == "#!lua flags=no-writes"
    else:
        assert first == "#!lua flags=allow-oom"


@pytest.mark.parametrize("name", scripts.NAMES)
def test_nothing_is_left_to_include(name: str) -> None:
    assert "--include" not in "\n".join(
        line for line in scripts.source(name).splitlines() if line.startswith("--include")
    )


def test_scripts_that_redis_has_forgotten_are_loaded_again(redis_url: str) -> None:
    with connect(redis_url) as client:
        runs = RunQueue(client)
        runs.enqueue(request(500))
        client.script_flush()
        assert runs.acquire(digest_of(), "t", "me").kind == "run"
