"""The nominal trajectory of an ensemble: what its members are binned about.

It is member 0 without dispersion. Guarantees: it is a pure function of the request, with the bits
of that trajectory; `from_bytes` checks what it reads.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sim.engine.diagnostics import orbit_of
from sim.ensemble.grid import MAX_GRID, grid_iterations
from sim.ensemble.members import nominal_member
from sim.ensemble.packing import canonical_bytes, digest_of, pack, unpack
from sim.ensemble.passing import blank_canvas, lane_system, pass_over_batches, segments
from sim.errors import IntegrityError
from sim.kernel import OK
from sim.kernel.population import QUANTITIES
from sim.scenario import MAX_ANALYSED

if TYPE_CHECKING:
    from sim.kernel import Floats, Integers
    from sim.kernel.lanes import Members
    from sim.scenario import PropagationRequest

__all__ = ["Nominal", "nominal_of"]

_KIND: Final = "nominal"
_DTYPES: Final = {"values": "f8", "half_widths": "f8"}
_MOST_BYTES: Final = MAX_ANALYSED * (QUANTITIES * MAX_GRID + 1) * 8 + 4096
_DISTANCE, _ENERGY, _ = range(QUANTITIES)


@dataclass(frozen=True, slots=True, eq=False)
class Nominal:
    """Of A analysed agents: distance, specific energy and eccentricity at the grid, and widths.

    `values` float64[A, 3, G] are relative to the primaries, nan after the trajectory has ended
    (and of an eccentricity where there is none); `half_widths` float64[A] are W of the densities.
    """

    values: Floats
    half_widths: Floats

    @property
    def _canonical(self) -> bytes:
        header = {"analysed": len(self.values)}
        return canonical_bytes(
            _KIND, header, {"values": self.values.ravel(), "half_widths": self.half_widths}
        )

    @property
    def content_digest(self) -> str:
        """SHA-256, in hex, of what it holds."""
        return digest_of(self._canonical)

    def to_bytes(self) -> bytes:
        """Return it as bytes, for `from_bytes`."""
        return pack(self._canonical)

    @classmethod
    def from_bytes(cls, request: PropagationRequest, data: bytes) -> Nominal:
        """Read what `to_bytes` returned of a request's; raises IntegrityError for anything else."""
        header, arrays = unpack(data, _KIND, _DTYPES, _MOST_BYTES)
        shape = (len(request.analysed), QUANTITIES, grid_iterations(request.steps).size)
        values, half_widths = arrays["values"], arrays["half_widths"]
        if (
            header != {"analysed": shape[0]}
            or values.size != math.prod(shape)
            or half_widths.size != shape[0]
            or not (half_widths >= 0.0).all()
        ):
            raise IntegrityError("a nominal trajectory can't be so")
        return cls(values.reshape(shape), half_widths)


def nominal_of(request: PropagationRequest) -> Nominal:
    """Compute the nominal trajectory of a request.

    It doesn't depend on the number of members.
    """
    steps, member = request.steps, nominal_member(request)
    grid, system = grid_iterations(steps), lane_system(request, (), 1)
    # How wide the pictures are is known only from the values at the start; nothing is drawn here.
    nothing = np.zeros(system.analysed.size)
    parts = []
    for segment in segments(0, steps, steps, nothing.size, 1, system.sample_every):
        canvas = blank_canvas(nothing, segment, steps)
        times = grid[(grid > segment.first) & (grid <= segment.last)]
        if segment.first == 0:
            times = np.append(np.int64(0), times)
        values = np.full((times.size, nothing.size, QUANTITIES, 1), math.nan)
        for batch in pass_over_batches(system, member, segment, times, canvas):
            values = batch.values
        values[_ended_before(member, times)] = math.nan
        parts.append(values[..., 0])
    measured = np.ascontiguousarray(np.concatenate(parts).transpose(1, 2, 0))
    return Nominal(measured, _half_widths(measured, system.analysed_gravity))


def _ended_before(member: Members, times: Integers) -> Any:  # noqa: ANN401 - flags
    return (times > member.good[0]) & (member.outcome[0] != OK)


def _half_widths(values: Floats, gravity: Floats) -> Floats:
    """Return twice the initial apoapsis, or four times the distance where it is not bound."""
    widths = []
    for at_grid, mu in zip(values.tolist(), gravity.tolist(), strict=True):
        distance, energy, eccentricity = (each[0] for each in at_grid)
        axis, _ = orbit_of(mu, energy, 0.0)
        if axis is None or axis < 0.0 or not math.isfinite(eccentricity):
            widths.append(4.0 * distance)
        else:
            widths.append(2.0 * (axis * (1.0 + eccentricity)))
    return np.array(widths, np.float64)
