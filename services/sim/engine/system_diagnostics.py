"""Diagnostics of a whole system: energy, momentum, angular momentum and barycentre.

Guarantees: the bits do not depend on how the samples are divided into parts. Sums are taken over
the agents with mu other than 0, in the scenario's order, and over their pairs i < j in the order
(0, 1), (0, 2), ..., (1, 2), ...; departures are exact maxima.

mu stands for the mass, as if G were 1: energy, momentum and angular momentum are G times what they
are with masses. Agents with mu = 0 have no part in them. docs/models.md has the formulas.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import numpy as np

from sim.jit import compiled, inner

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sim.scenario import Scenario

__all__ = ["diagnostics_of", "masses_of", "system_diagnostics", "system_samples"]

_Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

_LEAST_BLOCK: Final = 64
_BLOCK_STATES: Final = 2**16  # positions of 1.5 MB, which fit into the second cache
_CLOCKS: Final = 2  # the columns time and timeStep of a state, before x
_PLANE: Final = 2
_T, _X, _Y, _Z, _VX, _VY, _VZ = range(7)  # the kernel's states, by the first axis
_COLUMNS: Final = 7
_ROW: Final = 11  # numbers of a sample: 1, 3, 3, 3 and 1
_ENDS_IN_ROW: Final = (1, 4, 7, 10)
_KINETIC, _BOND, _P, _L, _MOMENT, _FIRST, _LATER, _TOTALS = 0, 1, 2, 5, 8, 11, 12, 13  # its totals


class _Masses(NamedTuple):
    """The agents with mu other than 0."""

    massive: np.ndarray[Any, np.dtype[np.intp]]
    mu: _Floats
    total: float  # nan where it can't be divided by, so that the quotient is not finite


class _Quantities(NamedTuple):
    """The quantities at some samples: float64[samples], and float64[3, samples] for vectors."""

    energy: _Floats
    momentum: _Floats
    angular_momentum: _Floats
    barycentre: _Floats
    time: _Floats


def system_diagnostics(
    mu: Sequence[float], start: _Floats, end: _Floats, samples: Iterable[_Floats]
) -> dict[str, object]:
    """Return energy, momentum, angular momentum and barycentre at start and end, as JSON.

    `start` and `end` are float64[M, W], and `samples` arrays of float64[any, M, W]: the states of
    the agents in the columns time, timeStep, x, y, vx, vy (W = 6), or with z and vz (W = 8).

    Each quantity has a `departure`, the largest of the samples and of the end: by how much it
    differs from the start, of vectors the length of the difference. The barycentre's is from
    where it would be at constant velocity, `B0 + (P0/mu_total)*t`, with t the mean of the clocks
    weighted by mu. What is not finite is null, and so is the barycentre where mu sums to 0. In the
    plane the angular momentum is a number.
    """
    return diagnostics_of(mu, start, end, (system_samples(mu, part) for part in samples))


def masses_of(scenario: Scenario) -> list[float]:
    """Return each agent's mu."""
    return [agent.mu for agent in scenario.agents]


def system_samples(mu: Sequence[float], states: _Floats) -> _Floats:
    """Return what `diagnostics_of` needs of states, float64[samples, M, W]: float64[samples, 11].

    Energy, momentum, angular momentum, barycentre and time: much less, where agents are many.
    """
    masses = _masses(mu)
    block = max(_LEAST_BLOCK, _BLOCK_STATES // max(1, len(masses.mu)))  # samples side by side
    rows = np.empty((len(states), _ROW))
    with np.errstate(all="ignore"):  # what is not finite becomes null
        for begin in range(0, len(states), block):
            found = _quantities(masses, states[begin : begin + block])
            rows[begin : begin + block] = np.vstack([*found]).T
    return rows


def diagnostics_of(
    mu: Sequence[float], start: _Floats, end: _Floats, samples: Iterable[_Floats]
) -> dict[str, object]:
    """Return `system_diagnostics` of samples that are `system_samples` already."""
    masses = _masses(mu)
    with np.errstate(all="ignore"):
        first = _quantities(masses, start[np.newaxis])
        last = _quantities(masses, end[np.newaxis])
        departures = _departures(masses, first, last)
        for rows in samples:
            if len(rows):
                energy, momentum, angular_momentum, barycentre, time = np.split(
                    rows.T, _ENDS_IN_ROW
                )
                found = _Quantities(energy[0], momentum, angular_momentum, barycentre, time[0])
                departures = np.maximum(departures, _departures(masses, first, found))
        relative = departures[0] / abs(first.energy[0])
    described = _described(first, last, departures, _dimensions(start))
    described["energy"]["relative_departure"] = _json(relative)
    return {**described}


def _masses(mu: Sequence[float]) -> _Masses:
    every = np.array(mu, np.float64)
    massive = np.flatnonzero(every)
    total = 0.0
    for one in every[massive].tolist():  # Python's own sum() is a compensated one since 3.12
        total += one
    is_divisor = math.isfinite(total) and total != 0.0
    return _Masses(massive, every[massive], total if is_divisor else math.nan)


def _dimensions(states: _Floats) -> int:
    columns: int = states.shape[-1]
    return (columns - _CLOCKS) // 2


def _quantities(masses: _Masses, states: _Floats) -> _Quantities:
    """Return the quantities at samples of states, float64[samples, M, W]."""
    dimensions, columns = _dimensions(states), states[:, masses.massive].transpose(2, 1, 0)
    lanes = np.zeros((_COLUMNS, len(masses.mu), len(states)))
    lanes[_T] = columns[0]
    lanes[_X : _X + dimensions] = columns[_CLOCKS : _CLOCKS + dimensions]
    lanes[_VX : _VX + dimensions] = columns[_CLOCKS + dimensions :]
    totals = np.zeros((_TOTALS, len(states)))
    _add_agents(masses.mu, lanes, totals)
    _add_pairs(masses.mu, lanes, totals[_BOND])
    return _Quantities(
        energy=totals[_KINETIC] - totals[_BOND],
        momentum=totals[_P : _P + 3],
        angular_momentum=totals[_L : _L + 3],
        barycentre=totals[_MOMENT : _MOMENT + 3] / masses.total,
        time=totals[_FIRST] + totals[_LATER] / masses.total,
    )


def _departures(masses: _Masses, first: _Quantities, found: _Quantities) -> _Floats:
    """Return the largest departures from the first sample: of energy, P, L and barycentre."""
    straight = first.barycentre + first.momentum / masses.total * (found.time - first.time)
    return np.array(
        [
            np.abs(found.energy - first.energy).max(),
            _length(found.momentum - first.momentum).max(),
            _length(found.angular_momentum - first.angular_momentum).max(),
            _length(found.barycentre - straight).max(),
        ]
    )


def _length(vectors: _Floats) -> _Floats:
    x, y, z = vectors
    length: _Floats = np.sqrt((x * x + y * y) + z * z)
    return length


def _described(
    first: _Quantities, last: _Quantities, departures: _Floats, dimensions: int
) -> dict[str, dict[str, object]]:
    axes = slice(dimensions)
    parts = {
        "energy": 0,
        "momentum": (axes, 0),
        "angular_momentum": (2, 0) if dimensions == _PLANE else (axes, 0),
        "barycentre": (axes, 0),
    }
    return {
        name: {
            "start": _json(getattr(first, name)[part]),
            "end": _json(getattr(last, name)[part]),
            "departure": _json(departure),
        }
        for (name, part), departure in zip(parts.items(), departures, strict=True)
    }


def _json(value: _Floats | float) -> object:
    """Return a number or a vector for JSON: None if it, or a component, is not finite."""
    return np.asarray(value).tolist() if np.isfinite(value).all() else None


@compiled
def _add_agents(mu: _Floats, lanes: _Floats, totals: _Floats) -> None:
    """Add to `totals`, float64[13, samples], what single agents have, in their order.

    `lanes` is float64[7, G, samples]: time, x, y, z, vx, vy, vz.
    """
    for i in range(len(mu)):
        m = mu[i]
        for lane in range(lanes.shape[2]):
            x, y, z = lanes[_X, i, lane], lanes[_Y, i, lane], lanes[_Z, i, lane]
            vx, vy, vz = lanes[_VX, i, lane], lanes[_VY, i, lane], lanes[_VZ, i, lane]
            totals[_KINETIC, lane] += 0.5 * m * ((vx * vx + vy * vy) + vz * vz)
            totals[_P, lane] += m * vx
            totals[_P + 1, lane] += m * vy
            totals[_P + 2, lane] += m * vz
            totals[_L, lane] += m * (y * vz - z * vy)
            totals[_L + 1, lane] += m * (z * vx - x * vz)
            totals[_L + 2, lane] += m * (x * vy - y * vx)
            totals[_MOMENT, lane] += m * x
            totals[_MOMENT + 1, lane] += m * y
            totals[_MOMENT + 2, lane] += m * z
            totals[_FIRST, lane] = lanes[_T, 0, lane]
            # Of equal clocks the mean is that clock, without rounding.
            totals[_LATER, lane] += m * (lanes[_T, i, lane] - lanes[_T, 0, lane])


@compiled
def _add_pairs(mu: _Floats, lanes: _Floats, bonds: _Floats) -> None:
    """Add mu_i*mu_j/r of each pair i < j to `bonds`, float64[samples], in the pairs' order.

    LLVM makes vectors of the samples, so each one's sum keeps its order.
    """
    x, y, z = lanes[_X], lanes[_Y], lanes[_Z]
    for i in range(len(mu)):
        for j in range(i + 1, len(mu)):
            _add_pair(mu[i] * mu[j], x[i], y[i], z[i], x[j], y[j], z[j], bonds)


@inner
def _add_pair(
    product: float,
    x: _Floats,
    y: _Floats,
    z: _Floats,
    other_x: _Floats,
    other_y: _Floats,
    other_z: _Floats,
    bonds: _Floats,
) -> None:
    for lane in range(len(bonds)):
        dx, dy, dz = other_x[lane] - x[lane], other_y[lane] - y[lane], other_z[lane] - z[lane]
        bonds[lane] += product / math.sqrt((dx * dx + dy * dy) + dz * dz)
