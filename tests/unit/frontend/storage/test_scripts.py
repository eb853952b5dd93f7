"""Claims about the Lua scripts as such."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from frontend.runs.run_queue import RunQueue
from frontend.storage import scripts
from frontend.storage.connection import connect
from tests.run_protocol import digest_of, request

if TYPE_CHECKING:
    import redis

REFUSED_WHEN_FULL = {
    "put_block",
    "put_part",
    "derive",
    "enqueue",
    "put",
    "remember",
    "reseal",
    "room",
}
READS_ONLY = {"candidates", "overdue", "runners", "snapshot", "snapshots"}


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


def test_a_script_declares_its_keys_where_redis_finds_them() -> None:
    assert scripts.key_names("put")[-1] == "stretch"
    position = len(scripts.key_names("put"))
    assert f"local stretch = KEYS[{position}]" in scripts.source("put").splitlines()
    assert scripts.key_names("truncate")[-1] == "stretches..."
    assert f"local stretches = {position}" in scripts.source("truncate").splitlines()


@pytest.mark.parametrize("named", [{}, {"runners": "run/runners", "reaper": "run/reaper"}])
def test_keys_that_are_not_the_script_s_are_refused(redis_url: str, named: dict[str, str]) -> None:
    with connect(redis_url) as client, pytest.raises(ValueError, match="has the keys runners"):
        scripts.Scripts(client).call("runners", named)


def test_no_script_counts_keys_by_itself() -> None:
    """But by the position of a list's first key, or to its end."""
    for name in scripts.NAMES:
        own = re.sub(r"(?m)^local \w+ = KEYS\[\d+\]$", "", scripts.source(name))
        assert re.findall(r"KEYS\[\d", own) == []


def test_constants_are_those_of_python() -> None:
    assert f"local EVENTS_KEPT = {scripts.EVENTS_KEPT}\n" in scripts.source("put")
