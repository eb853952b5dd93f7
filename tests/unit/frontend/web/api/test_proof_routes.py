"""Claims about what a result is held to and remade from: real Redis, real computations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import pytest

from frontend.domain import manifest
from frontend.domain.resource import API_ROOT
from frontend.storage import keys
from frontend.web.api.proof_routes import LENGTH
from sim import Propagation, Trajectory
from sim.engine import Stretch
from sim.scenario import PropagationRequest
from tests.stored import Stored
from tests.unit.frontend.web.api.test_schemas import validator

if TYPE_CHECKING:
    import redis
    from flask.testing import FlaskClient

STORED = PropagationRequest(131_100, Trajectory(seed=9))  # two intervals, and a little more
AT = f"{API_ROOT}/{STORED.id}"


@pytest.fixture
def stored(web: FlaskClient, redis_client: redis.Redis) -> FlaskClient:
    """A client of an installation that has the first two intervals of a trajectory."""
    Stored(redis_client).run(STORED, 2)
    asked = web.post(API_ROOT, json={"steps": STORED.steps, "seed": 9})
    assert asked.get_json()["status"] == "complete"
    return web


def unframed(data: bytes) -> list[bytes]:
    frames: list[bytes] = []
    while True:
        (length,) = LENGTH.unpack(data[: LENGTH.size])
        frame, data = data[LENGTH.size :][:length], data[LENGTH.size + length :]
        if not length:
            assert data == b""
            return frames
        frames.append(frame)


def test_a_result_is_remade_from_its_checkpoints_and_is_the_one_of_its_manifest(
    stored: FlaskClient,
) -> None:
    answer = stored.get(f"{AT}/checkpoints")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    stretches = [Stretch.from_bytes(STORED.trajectory, data) for data in unframed(answer.data)]
    assert [stretch.count for stretch in stretches] == [2]
    remade = Propagation.open(STORED.trajectory, STORED.steps, stretches)
    known = stored.get(f"{AT}/manifest").get_json()
    assert manifest.honours(remade, known)


def test_a_manifest_fits_its_schema_and_its_seal(stored: FlaskClient) -> None:
    answer = stored.get(f"{AT}/manifest")
    validator("Manifest").validate(answer.get_json())
    assert manifest.sealed(answer.data, STORED.id) is not None


def test_a_damaged_stretch_is_not_sent(stored: FlaskClient, redis_client: redis.Redis) -> None:
    redis_client.setrange(keys.stretch(STORED.digest, 0), 1_000, b"\0\1\2\3")
    assert unframed(stored.get(f"{AT}/checkpoints").data) == []


def test_what_is_answered_at_once_has_a_manifest_and_no_stored_stretch(web: FlaskClient) -> None:
    known = web.get(f"{API_ROOT}/500/manifest").get_json()
    assert known["result"] == orjson.loads(
        orjson.dumps(Propagation.open(Trajectory(), 500).summary())
    )
    assert unframed(web.get(f"{API_ROOT}/500/checkpoints").data) == []


def test_an_ensemble_has_a_manifest_and_its_members_have_the_checkpoints(web: FlaskClient) -> None:
    asked = web.post(API_ROOT, json={"steps": 300, "seed": 3, "members": 12}).get_json()
    at = asked["links"]["self"]
    validator("Manifest").validate(web.get(f"{at}/manifest").get_json())
    refused = web.get(f"{at}/checkpoints")
    assert refused.status_code == 400
    assert "member=" in refused.get_json()["detail"]
    assert web.get(f"{at}/checkpoints?member=3").status_code == 200


@pytest.mark.parametrize("what", ["manifest", "checkpoints"])
def test_what_was_not_asked_for_has_neither(web: FlaskClient, what: str) -> None:
    assert web.get(f"{API_ROOT}/300000/{what}").status_code == 404
    assert web.get(f"{API_ROOT}/300000").status_code == 404
