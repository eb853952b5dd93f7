"""The spread of one agent's initial state, and where a member's normal numbers move it.

Guarantees: the same operations in the same order for one member and for many, so the same bits: a
component is a float, or an array of floats with the member as its index.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sim.dispersion.covariance import Matrix, factor_of
from sim.dispersion.frame import INERTIAL
from sim.errors import RequestError
from sim.normals import LARGEST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.dispersion.frame import Start, Vector

__all__ = ["Spread"]

_TOO_LARGE: Final = 2.0**1023  # half of what a 64-bit float holds: rounding leads to no infinity


@dataclass(frozen=True, slots=True)
class Spread:
    """How one agent's initial state is spread: by `sigma`, or by `covariance`.

    `components` are the names of a state's components in the frame. There is a standard deviation
    for each of them in `sigma`, or a row and a column in `covariance`; the other of the two is
    empty.
    """

    agent: int
    name: str
    frame: str
    components: tuple[str, ...]
    sigma: tuple[float, ...] = ()
    covariance: Matrix = ()
    factor: Matrix = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        factor = factor_of(self.covariance, "covariance") if self.covariance else ()
        object.__setattr__(self, "factor", factor)

    def __bool__(self) -> bool:
        return any(self.sigma) or any(map(any, self.covariance))

    def to_json(self) -> dict[str, object]:
        """Return its JSON form, without what disperses nothing."""
        document: dict[str, object] = {"agent": self.name}
        if self.covariance:
            document["covariance"] = [list(row) for row in self.covariance]
        else:
            named = zip(self.components, self.sigma, strict=True)
            document["sigma"] = {name: sigma for name, sigma in named if sigma}
        return document if self.frame == INERTIAL else {**document, "frame": self.frame}

    def is_of(self, start: Start) -> bool:
        """Whether the scenario has such an agent, and such states."""
        is_known = self.agent < len(start.names) and self.name == start.names[self.agent]
        return is_known and self.components == start.components(self.frame)

    def check(self, start: Start, where: str) -> None:
        """Check that its frame exists, and that no member's state stops being finite.

        Raises RequestError with a path below `where`.
        """
        offsets = self._offsets([LARGEST] * len(self.components), of_size=True)
        axes = self.axes(start, f"{where}.frame")
        own = [abs(number) for number in start.states[self.agent]]
        furthest = _moved(own, offsets, [tuple(map(abs, axis)) for axis in axes])
        for name, size in zip(start.coordinates, furthest, strict=True):
            if not size < _TOO_LARGE:
                raise RequestError(
                    f"{where}.{'covariance' if self.covariance else 'sigma'}",
                    f"could move {name} of {self.name} beyond what 64-bit floats hold: members are "
                    f"up to {LARGEST:g} standard deviations off. Choose a smaller one.",
                )

    def axes(self, start: Start, where: str = "frame") -> tuple[Vector, ...]:
        """Return the axes of its frame; none for the scenario's own. Raises RequestError."""
        return () if self.frame == INERTIAL else start.axes(self.agent, where)

    def moved(
        self, state: Sequence[float], normals: Sequence[Any], axes: Sequence[Vector]
    ) -> list[Any]:
        """Return a state, position and velocity, moved by a normal number for each component.

        The numbers are floats, or arrays of them; `axes` are those of `axes`.
        """
        return _moved(state, self._offsets(normals), axes)

    def _offsets(self, normals: Sequence[Any], *, of_size: bool = False) -> list[Any]:
        """Return the offset of each component, in the frame; None: it stays where it is.

        With `of_size`, the largest that numbers of at most this size can make.
        """
        if not self.covariance:
            pairs = zip(self.sigma, normals, strict=True)
            return [sigma * z if sigma else None for sigma, z in pairs]
        factor = [list(map(abs, row)) for row in self.factor] if of_size else self.factor
        offsets = []
        for i, row in enumerate(factor):
            offset = row[0] * normals[0]
            for j in range(1, i + 1):
                offset = offset + row[j] * normals[j]  # never in place: it may be an array
            offsets.append(offset)
        return offsets


def _moved(state: Sequence[float], offsets: Sequence[Any], axes: Sequence[Vector]) -> list[Any]:
    """Return a state moved by offsets along the axes, or along its own where there are none."""
    if not axes:
        pairs = zip(state, offsets, strict=True)
        return [own if offset is None else own + offset for own, offset in pairs]
    dimensions = len(axes)
    moved = []
    for c, own in enumerate(state):  # velocities, the second half, are only rotated
        half = offsets[:dimensions] if c < dimensions else offsets[dimensions:]
        offset: Any = None
        for along, axis in zip(half, axes, strict=True):  # (d_R*R + d_T*T) + d_N*N
            part = (0.0 if along is None else along) * axis[c % dimensions]
            offset = part if offset is None else offset + part
        moved.append(own + offset)
    return moved
