"""Claims about verified runs, from their stretches and from what is told of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from sim.engine import initial_checkpoint, pass_over
from sim.errors import VerificationError
from sim.verification.results import Archived, told_differences, verify_propagation, verify_run
from tests.unit.sim.verification.samples import ALL, REQUEST, SAMPLE, opened

if TYPE_CHECKING:
    from sim.verification import Effort

TRAJECTORY = REQUEST.trajectory


def stretches() -> list[bytes]:
    """Return the stretches of one interval each, as they are stored."""
    found, start = [], initial_checkpoint(TRAJECTORY.scenario)
    for _ in range(4):
        stretch = pass_over(TRAJECTORY, start, 1)
        found.append(stretch.to_bytes())
        start = stretch.tail
    return found


def told() -> Any:  # noqa: ANN401 - JSON
    return orjson.loads(orjson.dumps(opened().summary(), option=orjson.OPT_SERIALIZE_NUMPY))


def verified(data: list[bytes | None], effort: Effort, of: Any = None) -> Any:  # noqa: ANN401
    archived = [Archived(i, 1, lambda one=one: one) for i, one in enumerate(data)]  # type: ignore[misc]
    return verify_run(REQUEST, of or told(), archived, effort, what=REQUEST.id)


@pytest.mark.parametrize(
    ("effort", "share"),
    [(ALL, "all 8,000 steps"), (SAMPLE, "a sample: 3 of 4 intervals (seed 0)")],
    ids=["all", "sample"],
)
def test_a_run_is_verified_from_its_stretches(effort: Effort, share: str) -> None:
    found = verified([*stretches()], effort)
    assert found.ok, found
    assert found.share == share


def test_a_propagation_in_memory_is_verified() -> None:
    assert verify_propagation(opened(), REQUEST, ALL).ok


@pytest.mark.parametrize("at", [-9, -2_000, 2_000])
def test_a_flipped_bit_in_a_stretch_is_found_and_the_stretch_is_named(at: int) -> None:
    data = stretches()
    changed = bytearray(data[2])
    changed[at] ^= 1
    found = verified([*data[:2], bytes(changed), data[3]], ALL)
    assert "interval 2 on" in found.differences[0].where


def test_a_stretch_that_is_lost_or_follows_on_another_is_found() -> None:
    data = stretches()
    assert "it is missing" in str(verified([data[0], None], ALL))
    assert "does not begin where" in str(verified([data[0], data[2]], ALL))


def test_what_is_told_is_held_to_what_is_recomputed() -> None:
    of = told()
    name = TRAJECTORY.scenario.names[0]
    of["end"][name]["x"] += 1e-12
    found = verified([*stretches()], SAMPLE, of)
    assert found.differences[0].where == f"end.{name}.x of its manifest"


def test_without_stretches_a_sample_of_a_long_run_can_not_be_had() -> None:
    with pytest.raises(VerificationError, match="use --all"):
        verified([], replace(SAMPLE, chain_s=1e-9))
    assert verified([], ALL).ok


def test_a_field_that_is_missing_or_of_another_type_differs() -> None:
    assert told_differences({"a": {"b": 1}}, {"a": {"b": 1}}) == []
    wrong: tuple[dict[str, object], ...] = (
        {"a": {}},
        {"a": {"b": 1.0}},
        {"a": {"b": 1, "c": 2}},
        {"a": [1]},
        {},
    )
    for stored in wrong:
        assert len(told_differences(stored, {"a": {"b": 1}})) == 1, stored
