"""The reference of `nbody` in plain Python: the specification, which the kernel equals bit for bit.

Three methods, which move all agents together:

- `leapfrog`: Störmer and Verlet's, of order 2, symplectic; positions move first.
- `kahan-li-8`: 17 leapfrogs, whose lengths make a symmetric scheme of order 8: W. Kahan, R.-C. Li,
  Mathematics of Computation 66 (1997), 1089-1099.
- `gauss-radau-15`: E. Everhart, IAU Colloquium 83 (1985), 185-202, with the control of steps and
  the compensated sums of H. Rein, D. S. Spiegel, "IAS15", MNRAS 446 (2015), 1424-1437.

Guarantees: arithmetic is `+ - * /` and `sqrt` of binary64 in the order written here. Positions and
velocities are compensated sums (W. Kahan, Communications of the ACM 8 (1965), 40).

It is for reading and for comparison; the kernel is a thousand times faster.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import count, takewhile
from typing import TYPE_CHECKING, Final, TypeAlias

from sim.errors import Failure, FailureReason, PropagationFailed
from sim.models.model import Record
from sim.models.nbody.agent import SpaceState
from sim.models.nbody.coefficients import (
    DIVISORS,
    EXPANSION,
    KAHAN_LI_8,
    LEAPFROG,
    NEWTON,
    NODES,
    PASCAL,
    POSITION_AT_NODE,
    POSITION_DIVISORS,
    VELOCITY_DIVISORS,
    Double,
    drifts_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sim.models.nbody.scenario import NBodyScenario

__all__ = [
    "COMPOSITIONS",
    "CONVERGED",
    "LARGEST_CHANGE",
    "MOST_SWEEPS",
    "iterations",
    "seventh_root",
    "states_at",
]

COMPOSITIONS: Final = {"leapfrog": LEAPFROG, "kahan-li-8": KAHAN_LI_8}
"""The weights of the leapfrogs that make a step of each symplectic method."""
LARGEST_CHANGE: Final = 4.0
"""A step is at most so many times as long as the last: Rein & Spiegel 2015, section 2.4."""
MOST_SWEEPS: Final = 12
CONVERGED: Final = (
    1e-16  # relative change of the last coefficient: Rein & Spiegel 2015, section 2.2
)

Vector: TypeAlias = list[float]  # x, y, z
_AXES: Final = range(3)


@dataclass(slots=True)
class _Sum:
    """A compensated sum: the true one is near `value - carry`."""

    value: float
    carry: float = 0.0

    def add(self, term: float) -> None:
        y = term - self.carry
        total = self.value + y
        self.carry = (total - self.value) - y
        self.value = total


@dataclass(slots=True)
class _Collision(Exception):
    """Agent a is where the massive agent b is."""

    a: int
    b: int


def iterations(scenario: NBodyScenario, seed: int = 0, member: int = 0) -> Iterator[list[Record]]:
    """Yield the records of each iteration; raise PropagationFailed where the trajectory ends."""
    del seed, member  # nothing is random
    motion = _Motion.of(scenario)
    method = _method(motion, scenario.integrator, scenario.dt, scenario.tolerance or 0.0)
    names = tuple(agent.name for agent in scenario.agents)
    t0 = 0.0
    for iteration in count():
        try:
            moves = method.step(iteration)
        except _Collision as they:
            met = (names[they.a], names[they.b])
            raise _failed(iteration, met, FailureReason.COLLISION) from None
        if not moves:
            raise _failed(iteration, names, FailureReason.STANDSTILL)
        states = motion.states(method.time, method.next)
        for name, state in zip(names, states, strict=True):
            if not all(map(math.isfinite, state.numbers)):
                raise _failed(iteration, (name,), FailureReason.DIVERGENCE)
        yield [Record(a, t0, state.time, state) for a, state in enumerate(states)]
        t0 = method.time


def states_at(scenario: NBodyScenario, time: float) -> list[Record]:
    """Return records that end at a time from 0 on: those of an iteration, or of a shorter step.

    That one begins at the newest records until the time, by the same method from the same sums
    with their carries; `gauss-radau-15` takes it as one step, from a polynomial of zeros.
    """
    before = [Record(a, -math.inf, 0.0, x) for a, x in enumerate(scenario.initial_states)]
    motion = _Motion.of(scenario)
    method = _method(motion, scenario.integrator, scenario.dt, scenario.tolerance or 0.0)
    until = takewhile(lambda records: records[0].t1 <= time, iterations(scenario))
    for iteration, records in enumerate(until):
        method.step(iteration)
        before = records
    t0 = before[0].t1
    if t0 == time:
        return before
    _method(motion, scenario.integrator, time - t0, 0.0).step(0)
    states = motion.states(time, time - t0)
    return [Record(a, t0, time, state) for a, state in enumerate(states)]


def _method(
    motion: _Motion, integrator: str, dt: float, tolerance: float
) -> _Composition | _GaussRadau:
    weights = COMPOSITIONS.get(integrator)
    if weights is None:
        return _GaussRadau(motion, dt, tolerance)
    return _Composition(motion, dt, weights)


def _failed(iteration: int, agents: tuple[str, ...], reason: FailureReason) -> PropagationFailed:
    return PropagationFailed(Failure(iteration, agents, reason))


@dataclass(slots=True)
class _Motion:
    """The agents' positions and velocities."""

    mu: list[float]
    positions: list[list[_Sum]]
    velocities: list[list[_Sum]]

    @classmethod
    def of(cls, scenario: NBodyScenario) -> _Motion:
        states = [agent.state for agent in scenario.agents]
        return cls(
            [agent.mu for agent in scenario.agents],
            [[_Sum(state.x), _Sum(state.y), _Sum(state.z)] for state in states],
            [[_Sum(state.vx), _Sum(state.vy), _Sum(state.vz)] for state in states],
        )

    def accelerations(self, at: list[Vector]) -> list[Vector]:
        """Return the accelerations of all agents at these positions; raise _Collision."""
        return [_acceleration(self.mu, at, a) for a in range(len(at))]

    def states(self, time: float, time_step: float) -> list[SpaceState]:
        pairs = zip(self.positions, self.velocities, strict=True)
        return [SpaceState(time, time_step, *(sum_.value for sum_ in (*x, *v))) for x, v in pairs]


def _acceleration(mu: list[float], at: list[Vector], a: int) -> Vector:
    """Return the acceleration of agent a: mu/r**2 towards each massive agent."""
    ax = ay = az = 0.0
    x, y, z = at[a]
    for b, (x_b, y_b, z_b) in enumerate(at):
        if b == a or mu[b] == 0.0:
            continue
        dx, dy, dz = x_b - x, y_b - y, z_b - z
        r2 = (dx * dx + dy * dy) + dz * dz
        r3 = r2 * math.sqrt(r2)
        if r3 == 0.0:
            raise _Collision(a, b)
        w = mu[b] / r3
        ax += w * dx
        ay += w * dy
        az += w * dz
    return [ax, ay, az]


@dataclass(slots=True)
class _Composition:
    """A symmetric composition of leapfrogs; nothing is merged from one step to the next."""

    motion: _Motion
    dt: float
    weights: tuple[float, ...]
    time: float = 0.0

    @property
    def next(self) -> float:
        return self.dt

    def step(self, iteration: int) -> bool:
        """Move all agents by one step; return whether the time moves."""
        drifts = drifts_of(self.weights)
        for drift, kick in zip(drifts, self.weights, strict=False):  # one drift is left
            self._drift(drift * self.dt)
            self._kick(kick * self.dt)
        self._drift(drifts[-1] * self.dt)
        before, self.time = self.time, (iteration + 1) * self.dt
        return self.time != before

    def _drift(self, h: float) -> None:
        for x, v in zip(self.motion.positions, self.motion.velocities, strict=True):
            for axis in _AXES:
                x[axis].add(h * v[axis].value)

    def _kick(self, h: float) -> None:
        at = [[x.value for x in position] for position in self.motion.positions]
        for v, a in zip(self.motion.velocities, self.motion.accelerations(at), strict=True):
            for axis in _AXES:
                v[axis].add(h * a[axis])


def _times(coefficient: Double, value: float) -> float:
    return coefficient[0] * value + coefficient[1] * value


def _weighted(first: float, weights: Sequence[Double], b: Sequence[float]) -> float:
    """Return the sum of `first` and of the seven b, each times its weight."""
    terms = [_times(weight, value) for weight, value in zip(weights, b, strict=True)]
    return (
        (first + terms[0]) + (terms[1] + terms[2])
    ) + (
        (terms[3] + terms[4]) + (terms[5] + terms[6])
    )  # fmt: skip


def _divided(first: float, divisors: Sequence[float], b: Sequence[float]) -> float:
    """Return the sum of `first` and of the seven b, each divided."""
    return (
        (first + b[0] / divisors[0]) + (b[1] / divisors[1] + b[2] / divisors[2])
    ) + (
        (b[3] / divisors[3] + b[4] / divisors[4]) + (b[5] / divisors[5] + b[6] / divisors[6])
    )  # fmt: skip


@dataclass(slots=True)
class _Axis:
    """One component of one agent, and the polynomial of its acceleration in a step.

    With s from 0 to 1 that is a0 + b[0]*s + ... + b[6]*s**7; in Newton's form it has the
    coefficients g. What was predicted for b is e.
    """

    x: _Sum
    v: _Sum
    a0: float = 0.0
    a: float = 0.0  # at the node that was last computed
    b: list[float] = field(default_factory=lambda: [0.0] * 7)
    carry: list[float] = field(default_factory=lambda: [0.0] * 7)  # of b, a compensated sum
    g: list[float] = field(default_factory=lambda: [0.0] * 7)
    e: list[float] = field(default_factory=lambda: [0.0] * 7)
    last_b: list[float] = field(default_factory=lambda: [0.0] * 7)  # of the step before
    last_e: list[float] = field(default_factory=lambda: [0.0] * 7)

    def predict(self, q: float) -> None:
        """Begin a step that is q times as long as the last: go on along its polynomial.

        What the last prediction was wrong by is added (Everhart 1985, section 4).
        """
        power = 1.0
        for m in range(7):
            power *= q
            ahead = self.last_b[m]
            for k in range(m + 1, 7):
                ahead += PASCAL[m][k] * self.last_b[k]
            self.e[m] = power * ahead
            self.b[m] = self.e[m] + (self.last_b[m] - self.last_e[m])
            self.carry[m] = 0.0
        for m in range(7):
            self.g[m] = self.b[m]
            for k in range(m + 1, 7):
                self.g[m] += _times(NEWTON[k][m], self.b[k])

    def position(self, n: int, dt: float) -> float:
        """Return the position at node n."""
        s = NODES[n] * dt
        curved = _weighted(0.5 * self.a0, POSITION_AT_NODE[n], self.b)
        return self.x.value + ((s * self.v.value + (s * s) * curved) - self.x.carry)

    def correct(self, n: int) -> float:
        """Improve the polynomial by the acceleration at node n; return g's change."""
        known = 0.0
        for k in range(n - 1):
            known += _times(DIVISORS[n][k + 1], self.g[k])
        g = _times(DIVISORS[n][0], self.a - self.a0) - known
        change = g - self.g[n - 1]
        self.g[n - 1] = g
        for k in range(n):
            self._add(k, _times(EXPANSION[n - 1][k], change))
        return change

    def _add(self, k: int, term: float) -> None:
        sum_ = _Sum(self.b[k], self.carry[k])
        sum_.add(term)
        self.b[k], self.carry[k] = sum_.value, sum_.carry

    def finish(self, dt: float) -> None:
        """Move to the end of the step."""
        self.x.add((dt * dt) * _divided(0.5 * self.a0, POSITION_DIVISORS, self.b))
        self.x.add(dt * self.v.value)
        self.v.add(dt * _divided(self.a0, VELOCITY_DIVISORS, self.b))
        self.last_b, self.last_e = list(self.b), list(self.e)


class _GaussRadau:
    """Everhart's method of order 15; `next` is the step that it tries next, `last` the last one."""

    def __init__(self, motion: _Motion, dt: float, tolerance: float) -> None:
        self._motion = motion
        self._tolerance = tolerance
        self._clock = _Sum(0.0)
        self._agents = [
            [_Axis(x[axis], v[axis]) for axis in _AXES]
            for x, v in zip(motion.positions, motion.velocities, strict=True)
        ]
        self._axes = [axis for agent in self._agents for axis in agent]
        self.last = self.next = dt

    @property
    def time(self) -> float:
        return self._clock.value

    def step(self, iteration: int) -> bool:  # noqa: ARG002 - as the other methods
        """Try steps until one is good; return False if one does not move the time."""
        at = [[axis.x.value for axis in agent] for agent in self._agents]
        for agent, a0 in zip(self._agents, self._motion.accelerations(at), strict=True):
            for axis in _AXES:
                agent[axis].a0 = a0[axis]
        dt = self.next
        while self.time + (dt - self._clock.carry) != self.time:
            growth = self._growth(self._attempt(dt))
            if growth >= 1.0 / LARGEST_CHANGE:
                self._finish(dt, growth)
                return True
            dt *= growth
        return False

    def _attempt(self, dt: float) -> float:
        """Find the polynomials of a step; return its error, max|b[6]|/max|a|."""
        for axis in self._axes:
            axis.predict(dt / self.last)
        last = math.inf
        for sweep in range(MOST_SWEEPS):
            change = self._sweep(dt)
            if change < CONVERGED or (sweep > 1 and change >= last):
                break
            last = change
        return self._over_acceleration([axis.b[6] for axis in self._axes])

    def _sweep(self, dt: float) -> float:
        """Correct the polynomials at each node in turn; return the change, max|Δb[6]|/max|a|."""
        changes: list[float] = []
        for n in range(1, len(NODES)):
            at = [[axis.position(n, dt) for axis in agent] for agent in self._agents]
            for agent, a in zip(self._agents, self._motion.accelerations(at), strict=True):
                for axis in _AXES:
                    agent[axis].a = a[axis]
            changes = [axis.correct(n) for axis in self._axes]
        return self._over_acceleration(changes)

    def _over_acceleration(self, values: list[float]) -> float:
        """Return the largest value over the largest acceleration, each of all components."""
        largest = _largest([axis.a for axis in self._axes])
        return _largest(values) / largest if largest > 0.0 else 0.0

    def _growth(self, error: float) -> float:
        """Return by how much the next step may be longer."""
        if self._tolerance == 0.0 or error == 0.0 or not math.isfinite(error):
            return 1.0  # the state of a step without a finite error is not finite
        ratio = self._tolerance / error
        return LARGEST_CHANGE if ratio >= LARGEST_CHANGE**7 else seventh_root(ratio)

    def _finish(self, dt: float, growth: float) -> None:
        for axis in self._axes:
            axis.finish(dt)
        self._clock.add(dt)
        self.last, self.next = dt, growth * dt


def _largest(values: list[float]) -> float:
    """Return the largest absolute value of those that are numbers; 0.0 for none."""
    largest = 0.0
    for value in values:
        largest = max(largest, abs(value))  # which leaves nan out
    return largest


def seventh_root(y: float) -> float:
    """Return the seventh root of y, 0 < y < 4**7, by Newton's iteration from above.

    >>> seventh_root(128.0)
    2.0
    """
    x = min(1.0 + (y - 1.0) / 7.0, LARGEST_CHANGE)  # Bernoulli's inequality: not below the root
    while True:
        cube = x * x * x
        lower = x - (x - y / (cube * cube)) / 7.0
        if not lower < x:
            return x
        x = lower
