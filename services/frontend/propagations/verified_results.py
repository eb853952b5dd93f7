"""Stored results, each verified when it is read, and withdrawn if it is damaged.

- A manifest is served only with its checksum, under its own id.
- One of an earlier version, which has no checksum, is compared with its trajectory once, and
  written anew with one.
- Any other is withdrawn, counted as a repair, logged, and computed again: at once if that takes no
  run, else by a run, and until then there is no such result. Where that is refused, because there
  is no room for it now, the manifest stays as it is, and the next reader tries again.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from frontend.domain import manifest
from frontend.domain.resource import Status
from frontend.errors import FrontendError, NotFound, QueueFull, RepairDelayed, StorageFull
from frontend.propagations.opener import Unsupported
from sim.errors import PropagationFailed
from sim.scenario import Subject, Trajectory

if TYPE_CHECKING:
    from collections.abc import Callable

    from frontend.domain.resource import Resource
    from frontend.propagations.opener import Opener
    from frontend.results.trajectory_store import TrajectoryStore
    from sim.scenario import PropagationRequest

__all__ = ["VerifiedResults"]


class VerifiedResults:
    """Reads stored results as resources.

    `repair` computes one again, or starts its run, and withdraws the manifest with these bytes.
    """

    def __init__(
        self,
        store: TrajectoryStore,
        opener: Opener,
        repair: Callable[[PropagationRequest, bytes], Resource],
    ) -> None:
        self._store = store
        self._opener = opener
        self._repair = repair

    def read(self, request: PropagationRequest) -> Resource | None:
        """Return the stored result of a request; None where there is no sound one.

        Raises RepairDelayed, StorageError and Busy where a damaged one can't be repaired now.
        """
        document = self._store.document(request.id)
        return None if document is None else self._verified(request, document)

    def recent(self, count: int) -> list[Resource]:
        """Return the results that were published last, the newest first.

        Of their statistics they have the numbers of records.
        """
        found = []
        for propagation_id, document in self._store.recent(count):
            resource = manifest.listed(document)
            if resource is None or resource.id != propagation_id:
                resource = None
                request = self._request(propagation_id)
                with suppress(FrontendError):  # it is listed once it is repaired
                    resource = None if request is None else self._verified(request, document)
            if resource is not None:
                found.append(resource)
        return found

    def _verified(self, request: PropagationRequest, document: bytes) -> Resource | None:
        resource = manifest.finished(document)
        if resource is not None and resource.id == request.id:
            return resource
        if manifest.is_of_another_model(document):
            return None
        sealed = self._sealed(request, document)
        if sealed is None:
            return self._repaired(request, document)
        with suppress(StorageFull):  # it is right all the same, and sealed the next time
            self._store.reseal(request, document, sealed)
        return manifest.finished(sealed)

    def _repaired(self, request: PropagationRequest, document: bytes) -> Resource | None:
        try:
            resource = self._repair(request, document)
        except NotFound:  # removed meanwhile
            return None
        except QueueFull as full:
            raise RepairDelayed(full) from full
        return resource if resource.status is Status.COMPLETE else None

    def _sealed(self, request: PropagationRequest, document: bytes) -> bytes | None:
        """Compare a manifest without a checksum with its trajectory; return it with one."""
        known = manifest.unsealed(document, request)
        if known is None or request.is_ensemble:  # these have had checksums from the first
            return None
        try:
            opened = self._opener.open(request)
        except (Unsupported, PropagationFailed):
            return None
        return manifest.seal(known) if manifest.honours(opened, known) else None

    def _request(self, propagation_id: str) -> PropagationRequest | None:
        """Return the request of a published id; None for text that is none, or is unknown."""
        steps, _, digest = propagation_id.partition("-")
        subject = self._store.subject(digest) if digest else Subject(Trajectory())
        with suppress(ValueError):
            return None if subject is None else subject.request(int(steps))
        return None
