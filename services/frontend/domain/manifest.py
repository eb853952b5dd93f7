"""The manifest: what is stored of a result under `propagation/<id>`, and how it is read again.

- It is small (a few kilobytes), JSON, and written last: where it is, the result is.
- It holds what a reader needs to tell whether what was remade is what was computed: the
  checkpoints' checksum and the state at the end.
- Numbers come back to the same bits.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson

from frontend.domain.resource import ClusterView, Progress, Resource, Status, Timings
from sim.scenario import MODEL_VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sim.engine import Propagation
    from sim.scenario import PropagationRequest

__all__ = ["Computed", "compose", "finished", "honours", "of_this_model", "resource_of", "whole"]

INTERNALS = frozenset({"steps", "intervals", "checkpoints_checksum"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """Who computed a result, and where, when and how long; `cluster` only where there was one."""

    by: str
    timings: Timings = field(default_factory=Timings)
    cluster: ClusterView | None = None


def compose(request: PropagationRequest, propagation: Propagation, computed: Computed) -> bytes:
    """Return the manifest of a result."""
    document = {
        "model": MODEL_VERSION,
        "id": request.id,
        "request": request.to_json(),
        "result": propagation.summary(),
        "computed": asdict(computed),
    }
    return orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)


def honours(propagation: Propagation, manifest: Mapping[str, Any]) -> bool:
    """Whether what was remade is what the manifest says."""
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


@lru_cache(maxsize=512)  # equal bytes, equal resource, whose JSON is then written once
def finished(document: bytes) -> Resource | None:
    """Return the resource of what is stored; None where it is no manifest of this model."""
    known = of_this_model(document)
    return None if known is None else whole(known)


def whole(manifest: Mapping[str, Any]) -> Resource | None:
    """Return the resource of a stored result; None of one that is damaged so that it has none."""
    try:
        resource = resource_of(manifest)
        resource.to_json()
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    return resource


def of_this_model(document: bytes) -> dict[str, Any] | None:
    """Read what is stored; one of another model version, or that can't be read, is absent."""
    try:
        known = orjson.loads(document)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(known, dict) or known.get("model") != MODEL_VERSION:
        return None
    return known


def read(document: bytes) -> dict[str, Any]:
    """Read what `compose` wrote."""
    known: dict[str, Any] = orjson.loads(document)
    return known
