"""Whole ensembles that hypothesis draws: of any scenario and dispersion, in any number of steps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from hypothesis import assume
from hypothesis import strategies as st

from sim.dispersion import NO_DISPERSION, Dispersion
from sim.errors import RequestError
from sim.models.nbody import NBodyScenario
from sim.scenario import NANO, PropagationRequest, Trajectory
from tests.unit.sim.ensemble.ensembles import FALLING, RUNAWAY, TWINS
from tests.unit.sim.scenarios import COLLISION, IN_STEP, SATELLITE_FIRST, THREE
from tests.unit.sim.strategies import nbody_scenarios, scenarios, seeds

if TYPE_CHECKING:
    from sim.scenario import Scenario

# What is lost beside a coordinate, what is small, what is not, and what nothing is left of.
SIZES: Final = st.sampled_from([1e-300, 1e-12, 1e-3, 0.3, 5.0, 1e100, 1e154, 1e200, 1e306])
KNOWN: Final = (NANO, SATELLITE_FIRST, THREE, IN_STEP, COLLISION, RUNAWAY, FALLING, TWINS)
# Edges of the grid (256 times), of spans, of the lanes' calls, of the draws that are made at once.
EDGES: Final = (1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 300)


@st.composite
def _fixed_nbody(draw: st.DrawFn) -> NBodyScenario:
    """Of any points, with an integrator that has fixed steps."""
    drawn = draw(nbody_scenarios(max_agents=4))
    integrator = draw(st.sampled_from(["leapfrog", "kahan-li-8"]))
    return NBodyScenario(drawn.agents, integrator, drawn.dt, units=drawn.units)


@st.composite
def dispersions(draw: st.DrawFn, scenario: Scenario) -> Dispersion:
    """Any dispersion of some of the agents: by sigma or by covariance, in either frame."""
    entries: list[dict[str, Any]] = []
    for name in draw(st.lists(st.sampled_from(scenario.names), max_size=3, unique=True)):
        frame = draw(st.sampled_from(["inertial", "inertial", "rtn"]))
        space = scenario.model.dimensions == 3
        axes = ("xyz" if space else "xy") if frame == "inertial" else ("rtn" if space else "rt")
        components = [*axes, *(f"v{axis}" for axis in axes)]
        entry: dict[str, Any] = {"agent": name, "frame": frame}
        if draw(st.booleans()):
            entry["sigma"] = draw(st.dictionaries(st.sampled_from(components), SIZES, min_size=1))
        else:
            entry["covariance"] = draw(_covariances(len(components)))
        entries.append(entry)
    try:
        return Dispersion.from_json(entries, scenario)
    except RequestError:  # no such frame, or too large: see the tests of dispersions
        assume(condition=False)
        raise


@st.composite
def _covariances(draw: st.DrawFn, size: int) -> list[list[float]]:
    """Covariances of full rank, or of rank one; whole numbers make them exact."""
    numbers = st.integers(-3, 3)
    scale = draw(st.sampled_from([2.0**-40, 2.0**-10, 1.0]))
    rows = draw(st.lists(st.lists(numbers, min_size=size, max_size=size), min_size=1, max_size=6))
    return [
        [scale * sum(row[i] * row[j] for row in rows) for j in range(size)] for i in range(size)
    ]


@st.composite
def requests(draw: st.DrawFn, *, most_members: int = 40) -> PropagationRequest:
    """Any ensemble."""
    scenario = draw(st.sampled_from(KNOWN) | scenarios(max_agents=4) | _fixed_nbody())
    dispersion = draw(dispersions(scenario))
    assume(scenario.model.is_random or dispersion)
    trajectory = Trajectory(scenario, draw(seeds), 0, dispersion or NO_DISPERSION)
    steps = draw(st.sampled_from(EDGES) | st.integers(1, 80))
    members = draw(st.sampled_from([2, 3, 31, 32, 33]) | st.integers(2, most_members))
    request = PropagationRequest(steps, trajectory, min(members, most_members))
    orbiting = [scenario.names[a] for a in request.analysed]
    chooses = draw(st.booleans())
    if orbiting and chooses:
        names = draw(st.lists(st.sampled_from(orbiting), min_size=1, unique=True))
        request = replace(request, agents=tuple(names))
    return request
