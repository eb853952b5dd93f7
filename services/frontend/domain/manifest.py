"""The manifest: the JSON document of a result, stored under `propagation/<id>`.

- It is small (a few kilobytes) and written last: a result with a manifest is complete.
- It holds what proves that a remade propagation is the computed one: the checkpoints' checksum,
  the record count and the state at the end.
- Every number reads back to the same bits.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

import orjson

from frontend.caching import remembered
from frontend.domain.resource import ClusterView, Progress, Resource, Status, Timings
from sim.scenario import MODEL_VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sim.engine import Propagation
    from sim.scenario import PropagationRequest

__all__ = ["Computed", "compose", "finished", "honours", "of_this_model", "resource_of", "whole"]

FINISHED_BYTES: Final = 32 * 2**20  # of results that were read: their JSON is written once
PARSED: Final = 6  # a resource of 1,000 agents with its manifest, by the bytes of its JSON
INTERNALS = frozenset({"steps", "intervals", "checkpoints_checksum"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """Who computed a result, when and for how long; `cluster` only where there was one."""

    by: str
    timings: Timings = field(default_factory=Timings)
    cluster: ClusterView | None = None


def compose(request: PropagationRequest, propagation: Propagation, computed: Computed) -> bytes:
    """Write the manifest of a result."""
    document = {
        "model": MODEL_VERSION,
        "id": request.id,
        "request": request.to_json(),
        "result": propagation.summary(),
        "computed": asdict(computed),
    }
    return orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)


def honours(propagation: Propagation, manifest: Mapping[str, Any]) -> bool:
    """Whether a remade propagation is the one of the manifest."""
    remade = {
        "checkpoints_checksum": propagation.checkpoints_checksum,
        "end": {name: state.to_json() for name, state in propagation.end.items()},
        "records": propagation.records,
    }
    return all(manifest["result"].get(name) == value for name, value in remade.items())


def resource_of(manifest: Mapping[str, Any]) -> Resource:
    """Return the resource of a finished result."""
    request, computed = manifest["request"], manifest["computed"]
    steps: int = request["steps"]
    return Resource(
        id=manifest["id"],
        steps=steps,
        seed=request["seed"],
        members=request["members"],
        status=Status.COMPLETE,
        progress=Progress(done=steps, total=steps),
        cluster=ClusterView(**computed["cluster"]) if computed["cluster"] else None,
        timings=Timings(**computed["timings"]),
        statistics={k: v for k, v in manifest["result"].items() if k not in INTERNALS},
    )


def _size(resource: Resource) -> int:
    return PARSED * len(resource.document)


@remembered(FINISHED_BYTES, _size)
def finished(document: bytes) -> Resource | None:
    """Read a stored manifest as a resource; None where it is damaged or of another model."""
    known = of_this_model(document)
    return None if known is None else whole(known)


def whole(manifest: Mapping[str, Any]) -> Resource | None:
    """Return the resource of a stored manifest; None where that is damaged."""
    try:
        resource = resource_of(manifest)
        resource.to_json()
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    return resource


def of_this_model(document: bytes) -> dict[str, Any] | None:
    """Read a stored manifest; None where it is damaged, or of another model version."""
    try:
        known = orjson.loads(document)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(known, dict) or known.get("model") != MODEL_VERSION:
        return None
    return known


def read(document: bytes) -> dict[str, Any]:
    """Read a manifest that `compose` wrote."""
    known: dict[str, Any] = orjson.loads(document)
    return known
