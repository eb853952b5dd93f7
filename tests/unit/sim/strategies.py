"""What hypothesis draws: valid scenarios, and values that only look like JSON."""

from __future__ import annotations

from hypothesis import strategies as st

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
    lambda text: text.isprintable() and text == text.strip() and text != "__proto__"
)


@st.composite
def scenarios(draw: st.DrawFn, *, max_agents: int = 5) -> NanoScenario:
    """Valid scenarios: massless, massive and repelling agents, own primaries, signed zeros."""
    names = draw(st.lists(_names, min_size=1, max_size=max_agents, unique=True))
    epsilon = draw(st.floats(1e-4, 1e-2))
    agents = tuple(draw(_agents(name, names, epsilon)) for name in names)
    dt_min = epsilon * draw(st.floats(2.0, 50.0))
    dt_span = epsilon * draw(st.floats(0.0, 100.0))
    return NanoScenario(agents, dt_min, dt_span, epsilon)


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
