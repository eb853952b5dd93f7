"""Ensembles in a real Redis, stored as a runner stores them, for tests of what reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from frontend.domain import manifest
from frontend.propagations.ensembles import estimated
from frontend.results.ensemble_store import NOMINAL, SUMMARY, packed
from sim.ensemble.block import compute_block
from sim.ensemble.nominal import nominal_of
from sim.ensemble.population import Population

if TYPE_CHECKING:
    from collections.abc import Iterable

    from frontend.bootstrap import Services
    from sim.scenario import PropagationRequest

__all__ = ["RunOfEnsemble"]


class RunOfEnsemble:
    """The run of an ensemble, which is asked for and acquired when this is made."""

    def __init__(self, services: Services, request: PropagationRequest) -> None:
        self._services = services
        self._request = request
        services.runs.enqueue(request)
        lease = services.runs.acquire(request.digest, "token", "runner").lease
        assert lease is not None
        self._lease = lease
        self._nominal = nominal_of(request)
        self._population = Population(request, self._nominal)

    def compute(self, ranges: Iterable[range], *, keep: bool = True) -> None:
        """Compute and store blocks of members."""
        for members in ranges:
            block = compute_block(self._request, self._nominal, members.start, len(members))
            self._services.ensemble_store.put_block(self._lease, self._request, block, keep=keep)
            self._population.add(block.first, block.count, block.parts)

    def publish_partial(self) -> None:
        """Store what is known so far."""
        parts = self._population.parts()
        shown = {name: data for name, data in parts.items() if name.startswith("density/")}
        self._services.ensemble_store.put_partial(
            self._lease, self._request, {SUMMARY: packed(self._population.document()), **shown}
        )

    def publish(self) -> None:
        """Store the result, and its manifest."""
        document = self._population.document()
        parts = self._population.parts() | {
            SUMMARY: packed(document),
            NOMINAL: self._nominal.to_bytes(),
        }
        self._services.ensemble_store.put_result(self._request, parts, lease=self._lease)
        composed = manifest.compose_ensemble(
            self._request,
            self._population.result(document),
            manifest.Computed(by="test"),
            parts=parts,
            estimate=estimated(self._request, 1),
        )
        self._services.runs.publish(self._lease, self._request, composed, [])

    def finish(self) -> None:
        """End the run."""
        self._services.runs.finish(self._lease)
