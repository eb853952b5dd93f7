"""Claims about what a server says of an ensemble; a running one is in test_porta.py."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

import porta
from porta.execution.on_server import OnServer
from porta.execution.server import Server
from porta.execution.server_members import ServerMembers
from porta.results.ensemble import Ensemble
from sim.ensemble.computed import compute
from sim.scenario import PropagationRequest
from tests.unit.porta.execution.test_api_client import answering

if TYPE_CHECKING:
    from tests.unit.porta.execution.test_api_client import Answer

REQUEST = PropagationRequest(200, members=20)
COMPUTED = compute(REQUEST)
DOCUMENT = COMPUTED.document()
MANIFEST = {"result": COMPUTED.population.result(DOCUMENT)}


def said(document: Any) -> Answer:  # noqa: ANN401 - JSON
    return 200, "application/json", json.dumps(document).encode(), {}


def at(url: str) -> Ensemble:
    return Ensemble(ServerMembers(OnServer(Server(url)), REQUEST, {}))


def test_a_summary_is_fetched_once_and_is_that_of_the_manifest() -> None:
    with answering(said(DOCUMENT), said(MANIFEST)) as (url, seen):
        ensemble = at(url)
        assert ensemble.sentence == DOCUMENT["agents"]["Satellite"]["sentence"]
        assert ensemble.survival().num_rows > 0
        assert ensemble.manifest["result"] == MANIFEST["result"]
    assert len(seen) == 2


def test_a_summary_that_is_not_the_one_of_the_manifest_is_refused() -> None:
    other = copy.deepcopy(DOCUMENT)
    other["agents"]["Satellite"]["bound"]["count"][0] -= 1
    with (
        answering(said(other), said(MANIFEST)) as (url, _),
        pytest.raises(porta.IntegrityError, match="not the one of its manifest"),
    ):
        at(url).survival()


def test_a_summary_that_is_nested_more_deeply_than_any_is_refused() -> None:
    deep = b'{"a":' * 1_000 + b"{}" + b"}" * 1_000
    with (
        answering((200, "application/json", deep, {}), said(MANIFEST)) as (url, _),
        pytest.raises(porta.IntegrityError, match="not the one of its manifest"),
    ):
        at(url).survival()
