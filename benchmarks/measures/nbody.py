"""The integrators of `nbody` beside REBOUND's, in turn, in processor time of one core."""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import rebound

from benchmarks.loops import bare_pass
from benchmarks.measure import Figure, Sample, at_least, measure, processor_seconds
from sim.models.nbody.agent import NBodyAgent, State3
from sim.models.nbody.kernel import initial_carry, system_of
from sim.models.nbody.scenario import NBodyScenario

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.measure import Prepare

PERIOD: Final = 2 * math.pi * (2 / 0.9 - 0.81) ** -1.5  # of the pair's orbit
ORBITS: Final = 500


def pair(simulation: Any) -> None:  # noqa: ANN401 - of a library without types
    """Add a massless agent about a star."""
    simulation.add(m=1.0)
    simulation.add(m=0.0, y=0.9, vx=0.9)


def triple(simulation: Any) -> None:  # noqa: ANN401 - of a library without types
    """Add a binary and a third star about it."""
    simulation.add(m=1.0)
    simulation.add(m=0.5, a=1.0, e=0.3, f=1.0)
    simulation.add(m=0.4, a=8.0, e=0.3, inc=math.radians(30), Omega=0.3, omega=1.0, f=2.0)
    simulation.move_to_com()


def crowd(simulation: Any) -> None:  # noqa: ANN401 - of a library without types
    """Add test particles about four massive bodies, a thousand agents in all."""
    random = np.random.default_rng(1)
    simulation.add(m=1.0)
    for k in range(3):
        simulation.add(m=1e-3, a=3.0 + 2 * k, f=k)
    simulation.N_active, simulation.testparticle_type = 4, 0
    for _ in range(996):
        simulation.add(m=0.0, a=1 + 10 * random.random(), f=6.28 * random.random())


def built(build: Callable[[Any], None], integrator: str, dt: float) -> Any:  # noqa: ANN401 - the same
    """Return the system in REBOUND."""
    simulation = rebound.Simulation()
    build(simulation)
    simulation.integrator, simulation.dt = integrator, dt
    return simulation


def scenario_of(build: Callable[[Any], None], integrator: str, dt: float) -> NBodyScenario:
    """Return the system as a scenario of ours."""
    particles = built(build, "leapfrog", dt).particles
    states = [State3(p.x, p.y, p.z, p.vx, p.vy, p.vz) for p in particles]
    agents = tuple(
        NBodyAgent(f"{i}", p.m, states[i]) for i, p in enumerate(particles)
    )  # fmt: skip
    return NBodyScenario(agents, integrator, dt)


def ours(build: Callable[[Any], None], integrator: str, dt: float) -> Callable[[int], float]:
    """Return what takes so many steps from the start and returns the time."""
    scenario = scenario_of(build, integrator, dt)
    system, agents, states = system_of(scenario), scenario.agents, scenario.initial_states
    first = [[[-math.inf, 0.0, dt, *state.to_json().values()]] for state in states]

    def go(count: int) -> float:
        ring, carry = np.array(first), initial_carry(scenario)
        steps, nothing = np.zeros(len(agents), np.int64), np.empty((0, *ring.shape))
        if bare_pass(system, steps, ring, carry, count, count + 1, nothing) != count:
            raise RuntimeError("The trajectory ends.")
        return float(ring[0, 0, 1])

    go(1)
    return go


def _leapfrogs(build: Callable[[Any], None], steps: int) -> Prepare:
    @contextlib.contextmanager
    def prepare() -> Iterator[Sample]:
        """Time of REBOUND's leapfrogs over that of as many of ours."""
        go = ours(build, "leapfrog", PERIOD / 1000)

        def sample() -> Figure:
            simulation = built(build, "leapfrog", PERIOD / 1000)
            theirs_s = processor_seconds(lambda: simulation.steps(steps))
            ours_s = processor_seconds(lambda: go(steps))
            return Figure(theirs_s / ours_s, {"ours_ns": ours_s / steps * 1e9})

        yield sample

    return prepare


for named, system, count, least in (
    ("two bodies", pair, 200_000, 2.5),
    ("three bodies", triple, 200_000, 2.2),
    ("1,000 agents, 4 of them massive", crowd, 4_000, 2.0),
):
    measure(f"REBOUND : leapfrog, {named}", unit="times", target=at_least(least))(
        _leapfrogs(system, count)
    )


def _against_ias15(integrator: str, per_orbit: int, steps: int) -> Prepare:
    @contextlib.contextmanager
    def prepare() -> Iterator[Sample]:
        """Time of an orbit by REBOUND's ias15 over that by ours, on the pair's orbit."""
        go = ours(pair, integrator, PERIOD / per_orbit)

        def sample() -> Figure:
            simulation = built(pair, "ias15", PERIOD / 100)
            theirs_s = processor_seconds(lambda: simulation.integrate(ORBITS * PERIOD)) / ORBITS
            ours_s = processor_seconds(lambda: go(steps))
            orbits = go(steps) / PERIOD
            return Figure(theirs_s / (ours_s / orbits), {"ours_us": ours_s / orbits * 1e6})

        yield sample

    return prepare


measure("ias15 : gauss-radau-15, an orbit", unit="times", target=at_least(2))(
    _against_ias15("gauss-radau-15", 100, 10_000)
)
measure("ias15 : kahan-li-8, an orbit", unit="times", target=at_least(4))(
    _against_ias15("kahan-li-8", 60, 30_000)
)
