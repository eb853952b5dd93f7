"""What hypothesis draws: valid scenarios, and values that only look like JSON."""

from __future__ import annotations

import unicodedata

from hypothesis import strategies as st

from sim.models.labels import FRAMES, NO_LABELS, TIME_SCALES, Epoch, Labels
from sim.models.model import BARYCENTRE
from sim.models.nbody import NBodyAgent, NBodyScenario, State3
from sim.models.nbody.rules import (
    DEFAULT_TOLERANCE,
    GAUSS_RADAU,
    INTEGRATORS,
    LENGTHS,
    TIMES,
    total,
)
from sim.models.units import Units
from sim.scenario import (
    MEMBER_LIMIT,
    SEED_LIMIT,
    Agent,
    NanoScenario,
    State,
    Trajectory,
)
from sim.strictjson import MAX_NAME_LENGTH

seeds = st.integers(0, SEED_LIMIT - 1)
members = st.just(0) | st.integers(0, MEMBER_LIMIT - 1)
_coordinates = st.floats(-10.0, 10.0)
_names = st.text(min_size=1, max_size=MAX_NAME_LENGTH).filter(
    lambda text: (
        text.isprintable()
        and text == text.strip()
        and text != "__proto__"
        and any(unicodedata.category(one)[0] in "LNPS" for one in text)  # of what can be seen, most
        and not any(one in "\u115f\u1160\u2800\u3164\uffa0" for one in text)
    )
)


epochs = st.builds(Epoch, st.integers(0, 315_537_897_599), st.integers(0, 10**12 - 1))
"""Points in time of the years 1 to 9999."""


def labels() -> st.SearchStrategy[Labels]:
    """Labels of a scenario: often none, and any of them without the others."""
    dates = st.tuples(epochs.map(lambda epoch: epoch.text), st.sampled_from(TIME_SCALES))
    return st.just(NO_LABELS) | st.builds(
        lambda date, frame, center: Labels(date[0], date[1], frame, center),
        st.just((None, None)) | dates,
        st.none() | st.sampled_from(FRAMES),
        st.none() | _names,
    )


@st.composite
def scenarios(draw: st.DrawFn, *, max_agents: int = 5) -> NanoScenario:
    """Valid scenarios: massless, massive and repelling agents, own primaries, signed zeros."""
    names = draw(st.lists(_names, min_size=1, max_size=max_agents, unique=True))
    epsilon = draw(st.floats(1e-4, 1e-2))
    agents = tuple(draw(_agents(name, names, epsilon)) for name in names)
    dt_min = epsilon * draw(st.floats(2.0, 50.0))
    dt_span = epsilon * draw(st.floats(0.0, 100.0))
    return NanoScenario(agents, dt_min, dt_span, epsilon, draw(labels()))


@st.composite
def _agents(draw: st.DrawFn, name: str, names: list[str], epsilon: float) -> Agent:
    mu = draw(st.sampled_from([0.0, -0.0, 1.0, -0.5]) | st.floats(-2.0, 2.0))
    time_step = epsilon * draw(st.floats(2.0, 50.0))
    time = draw(st.sampled_from([0.0, -0.0]))
    state = State(time, time_step, *(draw(_coordinates) for _ in range(4)))
    others = [None, *(other for other in names if other != name)]
    return Agent(name, mu, state, draw(st.sampled_from(others)))


def trajectories() -> st.SearchStrategy[Trajectory]:
    """Trajectories of any valid scenario, seed and member."""
    return st.builds(Trajectory, scenarios(), seeds, members)


def jsonlike() -> st.SearchStrategy[object]:
    """Whatever a parser of JSON may return, and some things that none does."""
    leaves = (
        st.none()
        | st.booleans()
        | st.integers()
        | st.just(10**400)
        | st.floats()
        | st.text(st.characters(), max_size=5)
        | st.binary(max_size=3)
    )
    keys = st.text(max_size=3) | st.sampled_from(["agents", "dt_min", "name", "mu", "x"])
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
        max_leaves=8,
    )


@st.composite
def nbody_scenarios(draw: st.DrawFn, *, max_agents: int = 5) -> NBodyScenario:
    """Valid scenarios of `nbody`: any integrator, units and masses, own primaries, signed zeros."""
    names = draw(st.lists(_nbody_names, min_size=1, max_size=max_agents, unique=True))
    places = draw(
        st.lists(
            st.tuples(_coordinates, _coordinates, _coordinates),
            min_size=len(names),
            max_size=len(names),
            unique=True,
        )
    )
    masses = [draw(_masses) for _ in names]
    agents = tuple(
        NBodyAgent(
            name,
            mass,
            State3(*place, *(draw(_coordinates) for _ in range(3))),
            draw(st.sampled_from(_possible_primaries(i, names, masses))),
        )
        for i, (name, mass, place) in enumerate(zip(names, masses, places, strict=True))
    )
    integrator = draw(st.sampled_from(INTEGRATORS))
    tolerance = DEFAULT_TOLERANCE
    if integrator == GAUSS_RADAU:
        tolerance = draw(st.just(tolerance) | st.just(0.0) | st.floats(1e-12, 1e-2))
    units = draw(st.builds(Units, st.sampled_from(LENGTHS), st.sampled_from(TIMES)))
    dt = draw(st.floats(1e-6, 1e3))
    return NBodyScenario(agents, integrator, dt, tolerance, units, draw(labels()))


_nbody_names = _names.filter(lambda name: name != BARYCENTRE)
_masses = st.sampled_from([0.0, -0.0, 1.0, -0.5]) | st.floats(-2.0, 2.0)


def _possible_primaries(i: int, names: list[str], masses: list[float]) -> list[str | None]:
    others = names[:i] + names[i + 1 :]
    around = [BARYCENTRE] if total([*masses[:i], *masses[i + 1 :]]) != 0 else []
    return [None, *others, *around]
