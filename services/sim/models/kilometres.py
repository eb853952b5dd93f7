"""Kilometres and seconds, which files of orbit data are in, from a scenario's units and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from sim.kernel import Floats
    from sim.models.units import Units

__all__ = ["Kilometres"]

_AU_KM: Final = 149_597_870.7  # IAU 2012 resolution B2, exactly
_METRES: Final = 1_000.0
_SECONDS: Final = {
    "s": 1,
    "d": 86_400,
    "yr": 31_557_600,  # a Julian year of 365.25 days: IAU Style Manual (1989), table 7
}
_LENGTHS: Final = frozenset({"km", "m", "au"})


@dataclass(frozen=True, slots=True)
class Kilometres:
    """What turns states into km and km/s; kilometres and seconds stay as they are, bit for bit.

    >>> Kilometres("m", 86_400).states(np.array([[1500.0, 0, 0, 86.4, 0, 0]]))[0, [0, 3]]
    array([1.5e+00, 1.0e-06])
    """

    length: str
    seconds: int
    """In the unit of time."""

    @staticmethod
    def are_of(units: Units) -> bool:
        """Return whether these units are known in kilometres and seconds."""
        return units.length in _LENGTHS and units.time in _SECONDS

    @classmethod
    def of(cls, units: Units) -> Kilometres:
        """Return what converts from these units; KeyError for those without any."""
        return cls(units.length, _SECONDS[units.time])

    def states(self, states: Floats) -> Floats:
        """Return positions and velocities, float64[N, 6], in km and km/s; inf beyond doubles."""
        with np.errstate(over="ignore"):
            if self.length == "m":
                converted = states / _METRES  # 0.001 is no double
            else:
                converted = states * (_AU_KM if self.length == "au" else 1.0)
        converted[:, 3:] /= self.seconds
        return converted

    def from_states(self, states: Floats) -> Floats:
        """Return positions and velocities in km and km/s, float64[N, 6], in the units."""
        with np.errstate(over="ignore"):
            if self.length == "m":
                converted = states * _METRES
            else:
                converted = states / (_AU_KM if self.length == "au" else 1.0)
            converted[:, 3:] *= self.seconds
        return converted
