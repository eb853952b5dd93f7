"""The record of an order: what it asks for and, once that is known, what it came to.

It is stored under the order's id, and in the record of the run that looks for its answer; its
scenario is that of the trajectory with its digest. Nothing here calls Redis.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  # a field's type
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from sim.order import Order

__all__ = ["OrderRecord"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecord:
    """An order of the trajectory with this digest; `terms` are those of `Order.from_terms`.

    Known are either the `steps` that it came to and whether its condition was met (`stopped`), or
    a sentence that says why it `failed`, or nothing as yet.
    """

    digest: str
    terms: Mapping[str, Any]
    steps: int | None = None
    stopped: bool | None = None
    failed: str | None = None

    @classmethod
    def of(cls, order: Order, **known: Any) -> OrderRecord:  # noqa: ANN401 - the fields have types
        """Return the record of an order, with what is known of its answer."""
        return cls(digest=order.trajectory.digest, terms=order.to_terms(), **known)

    def to_bytes(self) -> bytes:
        """Return the record as JSON."""
        return orjson.dumps(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> OrderRecord | None:
        """Read a record; None for anything else."""
        try:
            match orjson.loads(data):
                case {"digest": str(), "terms": dict(), **rest} as known if rest.keys() == {
                    "steps",
                    "stopped",
                    "failed",
                }:
                    return cls(**known)
        except orjson.JSONDecodeError:
            pass
        return None
