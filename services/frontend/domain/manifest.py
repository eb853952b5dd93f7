"""The manifest: the JSON document of a result, stored under `propagation/<id>`.

- It is small (a few kilobytes) and written last: a result with a manifest is complete.
- It holds what proves that a remade propagation is the computed one: the checkpoints' checksum,
  the record count, the statistics and the state at the end.
- It names its own id, and carries a checksum over all of itself. One that fails either check is
  damaged. One without a checksum was written by an earlier version; `unsealed` returns it, for the
  caller to compare with its trajectory.
- Every number reads back to the same bits.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import orjson

from frontend.caching import SingleFlightCache, remembered
from frontend.domain.resource import (
    ClusterView,
    EstimateView,
    Progress,
    Provenance,
    Resource,
    Status,
    Timings,
)
from sim.models.table import model_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sim.engine import Propagation
    from sim.scenario import PropagationRequest

__all__ = [
    "PARSED",
    "Computed",
    "compose",
    "compose_ensemble",
    "digest_of",
    "finished",
    "honours",
    "is_of_another_model",
    "listed",
    "listed_with_model",
    "resource_of",
    "seal",
    "sealed",
    "unsealed",
]

FINISHED_BYTES: Final = 16 * 2**20  # of results that were read: their JSON is written once
PARSED: Final = 6  # a resource of 1,000 agents with its manifest, by the bytes of its JSON
LISTED_BYTES: Final = 8 * 2**20  # of results in lists: 25 of 1,000 agents
LISTED: Final = frozenset({"records", "records_by_agent", "agents"})
INTERNALS = frozenset({"steps", "intervals", "checkpoints_checksum", "content"})
CHECKSUM: Final = "checksum"  # its field, the last one


SINCE_SYSTEMS: Final = frozenset({"statistics", "elements", "system"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """Who computed a result, when and for how long; `cluster` only where there was one."""

    by: str
    timings: Timings = field(default_factory=Timings)
    cluster: ClusterView | None = None


def compose(request: PropagationRequest, propagation: Propagation, computed: Computed) -> bytes:
    """Write the manifest of a result."""
    return seal(
        {
            "model": request.trajectory.scenario.model.version,
            "id": request.id,
            "request": request.to_json(),
            "result": propagation.summary(),
            "computed": asdict(computed),
        }
    )


def compose_ensemble(
    request: PropagationRequest,
    result: Mapping[str, Any],
    computed: Computed,
    *,
    parts: Mapping[str, bytes],
    estimate: EstimateView,
) -> bytes:
    """Write the manifest of an ensemble; `parts` are what is stored of its result beside it.

    `result` has the same bits whoever computes it; `computed` has the checksums of the parts as
    they are stored, which are compressed.
    """
    checksums = {name: hashlib.sha256(data).hexdigest() for name, data in parts.items()}
    return seal(
        {
            "model": request.trajectory.scenario.model.version,
            "id": request.id,
            "request": request.to_json(),
            "result": result,
            "computed": {**asdict(computed), "estimate": asdict(estimate), "parts": checksums},
        }
    )


def seal(document: Mapping[str, Any]) -> bytes:
    """Write a manifest with the checksum over all its other fields."""
    whole = {**document, CHECKSUM: _checksum(document)}
    return orjson.dumps(whole, option=orjson.OPT_SERIALIZE_NUMPY)


def _checksum(document: Mapping[str, Any]) -> str:
    """Return the digest of all fields but the checksum itself."""
    return digest_of({name: value for name, value in document.items() if name != CHECKSUM})


def digest_of(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a document's canonical JSON."""
    canonical = orjson.dumps(document, option=orjson.OPT_SORT_KEYS | orjson.OPT_SERIALIZE_NUMPY)
    return hashlib.sha256(canonical).hexdigest()


def honours(propagation: Propagation, manifest: Mapping[str, Any]) -> bool:
    """Whether a remade propagation is the one of the manifest, with all its statistics.

    A manifest from before systems were described is held to all but the statistics, which have more
    numbers since.
    """
    summary = orjson.dumps(propagation.summary(), option=orjson.OPT_SERIALIZE_NUMPY)
    result, known = manifest["result"], orjson.loads(summary)
    if "system" not in result:
        known = {name: v for name, v in known.items() if name not in SINCE_SYSTEMS}
    return all(name in result and result[name] == v for name, v in known.items())


def resource_of(manifest: Mapping[str, Any]) -> Resource:
    """Return the resource of a finished result."""
    request, computed = manifest["request"], manifest["computed"]
    steps: int = request["steps"]
    members: int = request["members"]
    total = steps if members == 1 else members
    return Resource(
        id=manifest["id"],
        steps=steps,
        seed=request["seed"],
        member=request.get("member", 0),
        members=members,
        status=Status.COMPLETE,
        progress=Progress(done=total, total=total),
        cluster=ClusterView(**computed["cluster"]) if computed["cluster"] else None,
        timings=Timings(**computed["timings"]),
        statistics={k: v for k, v in manifest["result"].items() if k not in INTERNALS},
        provenance=Provenance(
            by=computed["by"],
            model=manifest["model"],
            checksum=manifest["result"].get("checkpoints_checksum"),
        ),
        estimate=EstimateView(**computed["estimate"]) if "estimate" in computed else None,
    )


def _size(resource: Resource) -> int:
    return PARSED * len(resource.document)


@remembered(FINISHED_BYTES, _size)
def finished(document: bytes) -> Resource | None:
    """Read a stored manifest as a resource; None where it is not sound, or of another model."""
    return _sound(document)


_listed: Final = SingleFlightCache[tuple[Resource, str]](LISTED_BYTES, lambda one: _size(one[0]))


def listed(document: bytes) -> Resource | None:
    """Read a stored manifest as `finished` does, with only those statistics that a list shows.

    Checked once: a list of large results would drop each of them before it is listed again.
    """
    known = listed_with_model(document)
    return None if known is None else known[0]


def listed_with_model(document: bytes) -> tuple[Resource, str] | None:
    """Read a stored manifest as `listed` does; return also the name of its model."""
    digest = hashlib.sha256(document).digest()
    known = _listed.find(digest)
    if known is None and (whole := _sound(document)) is not None:
        statistics = (whole.statistics or {}).items()
        resource = replace(whole, statistics={k: v for k, v in statistics if k in LISTED})
        model = model_of(read(document)["request"]["scenario"])
        known = resource, "" if model is None else model.name
        _listed.keep(digest, known)
    return known


def _sound(document: bytes) -> Resource | None:
    known = _parsed(document)
    is_sound = _is_sealed(known) and known.get("model") == _version_now(known)
    return _whole(known) if is_sound else None


def sealed(document: bytes, propagation_id: str) -> dict[str, Any] | None:
    """Read a stored manifest; None where it is not the sound one of this id and this model."""
    found = finished(document)
    return read(document) if found is not None and found.id == propagation_id else None


def unsealed(document: bytes, request: PropagationRequest) -> dict[str, Any] | None:
    """Read the manifest of a request that was stored without a checksum; None for any other."""
    known = _parsed(document)
    version = request.trajectory.scenario.model.version
    its_own = {"model": version, "id": request.id, "request": request.to_json()}
    if CHECKSUM in known or any(known.get(name) != value for name, value in its_own.items()):
        return None
    return known if _whole(known) is not None else None


def is_of_another_model(document: bytes) -> bool:
    """Whether an undamaged manifest is of another model version: it counts as absent."""
    known = _parsed(document)
    model = known.get("model")
    is_other = isinstance(model, str) and model != _version_now(known)
    return is_other and (CHECKSUM not in known or _is_sealed(known))


def _version_now(known: Mapping[str, Any]) -> str | None:
    """Return the version of the model that a manifest's scenario is of, as it is here and now."""
    try:
        model = model_of(known["request"]["scenario"])
    except (AttributeError, KeyError, TypeError):
        model = model_of({})
    return None if model is None else model.version


def _is_sealed(known: Mapping[str, Any]) -> bool:
    try:
        return bool(known.get(CHECKSUM) == _checksum(known))
    except TypeError:  # orjson reads what is nested more deeply than it writes
        return False


def _whole(manifest: Mapping[str, Any]) -> Resource | None:
    """Return the resource of a stored manifest; None where that lacks anything."""
    try:
        resource = resource_of(manifest)
        resource.to_json()
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    return resource


def _parsed(document: bytes) -> dict[str, Any]:
    """Parse a JSON object; empty for anything else."""
    try:
        known = orjson.loads(document)
    except orjson.JSONDecodeError:
        return {}
    return known if isinstance(known, dict) else {}


def read(document: bytes) -> dict[str, Any]:
    """Read a manifest that `compose` wrote."""
    known: dict[str, Any] = orjson.loads(document)
    return known
