"""The tag of a cluster that works for a run: which installation, trajectory and lease own it.

A Gateway keeps the tag and lists it again with the cluster, so that the reaper can compare it with
the living leases.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from frontend.domain.run import Lease

__all__ = ["RunTag"]


@dataclass(frozen=True, slots=True)
class RunTag:
    """`installation/digest/fencing token`, as a value."""

    installation: str
    digest: str
    fencing_token: str

    def __str__(self) -> str:
        return f"{self.installation}/{self.digest}/{self.fencing_token}"

    @classmethod
    def of(cls, installation: str, lease: Lease) -> RunTag:
        """Return the tag of a cluster that is started under a lease."""
        return cls(installation, lease.digest, lease.fencing_token)

    @classmethod
    def parse(cls, text: str) -> RunTag | None:
        """Read what `str` wrote; None for any other tag, such as the command line's own."""
        match text.split("/"):
            case [installation, digest, fencing_token] if installation and digest and fencing_token:
                return cls(installation, digest, fencing_token)
            case _:
                return None
