"""Claims about manifests: small, complete, and read back to the same bits."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from frontend.domain.manifest import (
    FINISHED_BYTES,
    PARSED,
    Computed,
    compose,
    finished,
    honours,
    is_of_another_model,
    listed,
    read,
    resource_of,
    seal,
    sealed,
    unsealed,
)
from frontend.domain.resource import ClusterView, Status, Timings
from sim.engine import Propagation
from sim.scenario import NANO, PropagationRequest, Trajectory, read_scenario

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUEST = PropagationRequest(2_000, Trajectory(seed=5))
OPENED = Propagation.open(REQUEST.trajectory, REQUEST.steps)
COMPUTED = Computed(
    by="runner",
    timings=Timings(asked_at="2026-01-01T00:00:00.000+00:00", running_s=0.5, where="cluster"),
    cluster=ClusterView(name="c", workers=2, dashboard="http://127.0.0.1/c"),
)
DOCUMENT = compose(REQUEST, OPENED, COMPUTED)


def test_it_is_small() -> None:
    assert len(DOCUMENT) < 8_192


def test_more_large_results_than_are_remembered_are_checked_once_for_a_list() -> None:
    planet, satellite = NANO.agents
    crowd = (planet, *(replace(satellite, name=f"Satellite {i}") for i in range(999)))
    trajectory = Trajectory(replace(NANO, agents=crowd))
    opened = Propagation.open(trajectory, 1)
    one = read(compose(PropagationRequest(1, trajectory), opened, COMPUTED))
    large = [seal(one | {"computed": one["computed"] | {"by": f"runner {i}"}}) for i in range(20)]
    assert sum(map(len, large)) * PARSED > FINISHED_BYTES
    first = [listed(document) for document in large]
    again = [listed(bytes(bytearray(document))) for document in large]
    assert None not in first
    assert [id(one) for one in again] == [id(one) for one in first]
    assert first[0] is not None
    assert first[0].statistics == {
        "records": opened.records,
        "records_by_agent": opened.records_by_agent,
    }


@pytest.mark.parametrize("document", [b"", DOCUMENT.replace(b"runner", b"reader")])
def test_what_is_not_sound_is_not_listed(document: bytes) -> None:
    assert listed(document) is None


def test_it_says_what_was_asked_for_and_by_which_model() -> None:
    manifest = read(DOCUMENT)
    assert (manifest["model"], manifest["id"]) == (NANO.model.version, REQUEST.id)
    assert manifest["request"] == REQUEST.to_json()


def test_it_becomes_the_resource_of_a_complete_propagation() -> None:
    resource = resource_of(read(DOCUMENT))
    assert resource.status is Status.COMPLETE
    assert (resource.id, resource.steps, resource.seed) == (REQUEST.id, 2_000, 5)
    assert (resource.cluster, resource.timings) == (COMPUTED.cluster, COMPUTED.timings)
    assert resource.statistics is not None
    assert resource.statistics["records"] == OPENED.records
    assert resource.member == 0


def test_it_says_of_which_member_it_is() -> None:
    request = PropagationRequest(5, Trajectory(seed=5, member=2**53 - 1))
    document = compose(request, Propagation.open(request.trajectory, 5), COMPUTED)
    assert read(document)["request"] == request.to_json()
    assert resource_of(read(document)).member == 2**53 - 1
    assert sealed(document, request.id) is not None
    other = read(document)
    other["request"]["member"] = 1
    assert finished(orjson.dumps(other)) is None


def test_what_was_remade_right_honours_it() -> None:
    assert honours(OPENED, read(DOCUMENT))
    assert honours(Propagation.open(REQUEST.trajectory, REQUEST.steps), read(DOCUMENT))


@pytest.mark.parametrize(
    "altered",
    ["checkpoints_checksum", "end", "records", "records_by_agent", "steps", "statistics"],
)
def test_what_differs_in_anything_does_not(altered: str) -> None:
    manifest = copy.deepcopy(read(DOCUMENT))
    manifest["result"][altered] = None
    assert not honours(OPENED, manifest)


def test_a_longer_propagation_does_not() -> None:
    longer = Propagation.open(REQUEST.trajectory, REQUEST.steps + 1)
    assert not honours(longer, read(DOCUMENT))


def test_numbers_come_back_to_the_same_bits() -> None:
    end = read(DOCUMENT)["result"]["end"]
    for name, state in OPENED.end.items():
        assert {k: v.hex() for k, v in end[name].items()} == {
            k: v.hex() for k, v in state.to_json().items()
        }
    assert orjson.dumps(read(DOCUMENT)) == DOCUMENT


def paths(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:  # noqa: ANN401  # any JSON
    for key, value in node.items() if isinstance(node, dict) else ():
        yield (*path, key)
        yield from paths(value, (*path, key))


@pytest.mark.parametrize("path", list(paths(read(DOCUMENT))), ids="/".join)
def test_no_field_can_be_altered_unseen(path: tuple[str, ...]) -> None:
    document = read(DOCUMENT)
    node: Any = document
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = "something else"
    assert finished(orjson.dumps(document)) is None


def test_a_checksum_does_not_depend_on_how_the_json_is_written() -> None:
    document = read(DOCUMENT)
    backwards = dict(reversed(document.items()))
    assert finished(orjson.dumps(backwards, option=orjson.OPT_INDENT_2)) == finished(DOCUMENT)


def test_it_is_the_manifest_of_its_own_id_only() -> None:
    assert sealed(DOCUMENT, REQUEST.id) == read(DOCUMENT)
    assert sealed(DOCUMENT, "777") is None


def test_one_of_another_model_is_told_from_a_damaged_one() -> None:
    document = {name: v for name, v in read(DOCUMENT).items() if name != "checksum"}
    other = document | {"model": "0"}
    assert is_of_another_model(seal(other))
    assert is_of_another_model(orjson.dumps(other))  # before there were checksums
    assert not is_of_another_model(orjson.dumps(read(DOCUMENT) | {"model": "0"}))
    assert not is_of_another_model(DOCUMENT)
    assert finished(seal(other)) is None


def test_one_of_an_earlier_version_has_no_checksum() -> None:
    document = {name: v for name, v in read(DOCUMENT).items() if name != "checksum"}
    assert unsealed(orjson.dumps(document), REQUEST) == document
    assert seal(document) == DOCUMENT
    assert unsealed(DOCUMENT, REQUEST) is None
    assert unsealed(orjson.dumps(document), PropagationRequest(2_000)) is None


def test_what_can_be_parsed_and_not_written_is_damage() -> None:
    nested = b'{"model":"1","checksum":"","a":' + b"[" * 300 + b"]" * 300 + b"}"
    assert finished(nested) is None


def test_manifests_that_were_read_are_remembered_within_a_bound_on_their_bytes() -> None:
    first, second = large(0), large(1)
    kept = finished(first)
    assert kept is not None
    assert finished(first) is kept
    assert finished(second) is not None
    fitting = FINISHED_BYTES // (PARSED * len(kept.document))
    assert fitting < 100
    for seed in range(2, fitting + 2):
        finished(large(seed))
    assert finished(first) is not kept


def large(seed: int) -> bytes:
    """Return the manifest of 200 agents."""
    agent = {"time": 0.0, "timeStep": 0.01, "vx": 0.0, "vy": 0.0}
    agents = [{"name": f"A{i}", "mu": float(i == 0), "x": i, "y": i, **agent} for i in range(200)]
    scenario = {"agents": agents, "dt_min": 0.01, "dt_span": 0.09, "epsilon": 0.001}
    request = PropagationRequest(1, Trajectory(read_scenario(scenario), seed))
    return compose(request, Propagation.open(request.trajectory, 1), COMPUTED)
