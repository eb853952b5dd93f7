from __future__ import annotations

import hashlib
import json
import pickle
from dataclasses import FrozenInstanceError, replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.dispersion import Dispersion
from sim.errors import RequestError, ScenarioError
from sim.models.nano.cost import interval_iterations
from sim.scenario import (
    MEMBER_LIMIT,
    NANO,
    SEED_LIMIT,
    Agent,
    NanoScenario,
    PropagationRequest,
    Scenario,
    State,
    Subject,
    Trajectory,
    agent_names,
    canonical_json,
    read_scenario,
)
from tests.unit.sim.scenarios import CROWD, NANO_JSON, TEN
from tests.unit.sim.strategies import jsonlike, scenarios, trajectories

if TYPE_CHECKING:
    from sim.models.model import Model

# Scenarios


def test_the_default_scenario_is_the_one_that_is_written_down() -> None:
    assert read_scenario(NANO_JSON) == NANO


@given(scenarios())
def test_a_scenario_reads_back_from_its_json(scenario: Scenario) -> None:
    assert read_scenario(scenario.to_json()) == scenario


@given(scenarios())
def test_a_scenario_reads_back_from_its_canonical_text(scenario: Scenario) -> None:
    text = scenario.canonical
    assert text.encode()
    assert read_scenario(json.loads(text)).canonical == text


@given(trajectories())
def test_a_trajectory_reads_back_from_its_json_and_its_pickle(trajectory: Trajectory) -> None:
    assert Trajectory.from_json(json.loads(json.dumps(trajectory.to_json()))) == trajectory
    arrived = pickle.loads(pickle.dumps(trajectory))  # noqa: S301 - of our own making, as in Dask
    assert arrived == trajectory
    assert arrived.digest == trajectory.digest


@given(jsonlike())
def test_whatever_is_no_scenario_is_a_scenario_error(value: object) -> None:
    with pytest.raises(ScenarioError):
        read_scenario(value)


def replace_agents(agents: list[Agent]) -> Scenario:
    return NanoScenario(tuple(agents), NANO.dt_min, NANO.dt_span, NANO.epsilon)


def test_a_scenario_holds_floats_whatever_it_was_given() -> None:
    whole = NanoScenario(
        (Agent("A", 1, State(0, 1, 2, 3, 4, 5)),), dt_min=1, dt_span=0, epsilon=0.001
    )
    agent = whole.agents[0]
    numbers = [agent.mu, *agent.state.to_json().values(), whole.dt_min, whole.dt_span]
    numbers += [agent.state.time, agent.state.time_step, agent.state.x, agent.state.vy]
    assert all(type(number) is float for number in numbers)


def test_a_scenario_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        NANO.dt_min = 1.0  # type: ignore[misc]


def test_the_sign_of_a_zero_makes_another_scenario() -> None:
    planet, satellite = NANO.agents
    signed = replace(planet, state=replace(planet.state, x=-0.0))
    other = replace_agents([signed, satellite])
    assert planet.state != signed.state
    assert planet != signed
    assert other != NANO
    assert Trajectory(other).digest != Trajectory().digest
    assert not Trajectory(other).is_default


def test_equal_values_have_equal_hashes() -> None:
    again = read_scenario(NANO_JSON)
    assert hash(again) == hash(NANO)
    assert {*again.agents} == {*NANO.agents}
    assert {*again.initial_states} == {*NANO.initial_states}


def test_values_of_other_kinds_are_not_equal() -> None:
    assert NANO.canonical != NANO
    assert NANO.agents[0] != "Planet"
    assert NANO.agents[0].state != 0


def agents_of(*mus: float, primaries: dict[int, str] | None = None) -> Scenario:
    return replace_agents(
        [
            Agent(str(i), mu, State(0.0, 0.01, i, 0.0, 0.0, 0.0), (primaries or {}).get(i))
            for i, mu in enumerate(mus)
        ]
    )


@pytest.mark.parametrize(
    ("scenario", "massive", "primaries", "read"),
    [
        (NANO, (0,), (None, 0), (0,)),
        (agents_of(0.0), (), (None,), ()),
        (agents_of(0.0, 1.0), (1,), (1, None), (1,)),
        (agents_of(0.0, 0.0), (), (None, None), ()),
        (agents_of(1.0, 2.0, 2.0), (0, 1, 2), (1, None, None), (0, 1, 2)),
        (agents_of(1.0, 0.0, 3.0), (0, 2), (2, 2, None), (0, 2)),
        (agents_of(-0.0, -1.0), (1,), (None, 0), (0, 1)),
        (agents_of(1.0, 0.0, 0.0, primaries={2: "1"}), (0,), (None, 0, 1), (0, 1)),
        (agents_of(1.0, 2.0, primaries={1: "0"}), (0, 1), (1, 0), (0, 1)),
    ],
    ids=str,
)
def test_agents_are_read_for_their_mass_or_as_a_primary(
    scenario: Scenario,
    massive: tuple[int, ...],
    primaries: tuple[int | None, ...],
    read: tuple[int, ...],
) -> None:
    assert scenario.massive == massive
    assert scenario.primaries == primaries
    assert scenario.read_by_others == read


# Trajectories


def test_a_digest_is_the_beginning_of_a_sha256_of_canonical_json() -> None:
    text = canonical_json(
        {"members": 1, "model": "1", "scenario": json.loads(NANO.canonical), "seed": 7}
    )
    assert Trajectory(seed=7).digest == hashlib.sha256(text.encode()).hexdigest()[:16]


def test_the_digests_of_stored_results_stay_what_they_are() -> None:
    assert Trajectory().digest == "d4c5a06f4f64649c"
    assert Trajectory(seed=7).digest == "5f1d470fe217f2f0"


@given(st.integers(1, MEMBER_LIMIT - 1))
def test_a_member_is_part_of_the_identity_unless_it_is_0(member: int) -> None:
    body = {"members": 1, "model": "1", "scenario": json.loads(NANO.canonical), "seed": 7}
    text = canonical_json({"member": member, **body})
    assert (
        Trajectory(seed=7, member=member).digest == hashlib.sha256(text.encode()).hexdigest()[:16]
    )
    assert Trajectory(seed=7, member=0) == Trajectory(seed=7)
    assert not Trajectory(member=member).is_default


def test_the_digests_of_stored_members_stay_what_they_are() -> None:
    assert Trajectory(member=1).digest == "0ae61bcd957ea166"
    assert Trajectory(seed=7, member=2**53 - 1).digest == "af1c40c5d0e2dc6f"


@pytest.mark.parametrize("member", [-1, MEMBER_LIMIT, 1.0, True, "1", None])
def test_a_member_is_a_whole_number_below_two_to_the_53(member: Any) -> None:  # noqa: ANN401 - wrong
    with pytest.raises(RequestError) as error:
        Trajectory(member=member)
    assert error.value.where == "member"
    with pytest.raises(RequestError):
        Trajectory.from_json({"scenario": NANO_JSON, "seed": 0, "member": member})


class Certain(NanoScenario):
    """A scenario of a model in which nothing is random."""

    @property
    def model(self) -> Model:
        return replace(NANO.model, is_random=False)


def test_a_scenario_without_chance_has_no_member_but_0() -> None:
    certain = Certain(NANO.agents, NANO.dt_min, 0.0, NANO.epsilon)
    assert Trajectory(certain, seed=7, member=0).member == 0
    with pytest.raises(
        RequestError, match=r"^member must be 0: nothing in this scenario is random"
    ):
        Trajectory(certain, seed=7, member=1)


@pytest.mark.parametrize("seed", [-1, SEED_LIMIT, 1.0, True, "1", None])
def test_a_seed_is_a_whole_number_below_two_to_the_53(seed: Any) -> None:  # noqa: ANN401 - wrong
    with pytest.raises(RequestError) as error:
        Trajectory(seed=seed)
    assert error.value.where == "seed"


@given(trajectories(), trajectories())
def test_different_trajectories_have_different_digests(one: Trajectory, two: Trajectory) -> None:
    assert (one == two) == (one.digest == two.digest)


def test_only_the_default_scenario_and_seed_are_the_default() -> None:
    assert Trajectory(read_scenario(NANO_JSON), 0).is_default
    assert not Trajectory(seed=1).is_default


@pytest.mark.parametrize("value", [None, {}, {"scenario": NANO_JSON}, {"seed": 0}, [NANO_JSON, 0]])
def test_a_trajectory_lacks_nothing(value: object) -> None:
    with pytest.raises(ScenarioError):
        Trajectory.from_json(value)


# Requests


def test_the_id_of_the_default_is_the_step_count() -> None:
    assert PropagationRequest(500).id == "500"


def test_any_other_id_carries_the_digest() -> None:
    trajectory = Trajectory(seed=7)
    assert PropagationRequest(500, trajectory).id == f"500-{trajectory.digest}"
    member = Trajectory(member=3)
    assert PropagationRequest(500, member).id == f"500-{member.digest}"


@pytest.mark.parametrize("steps", [0, -1, 2**53, 5.0, True, "5", None])
def test_steps_are_a_whole_number_of_at_least_one(steps: Any) -> None:  # noqa: ANN401 - wrong
    with pytest.raises(RequestError) as error:
        PropagationRequest(steps)
    assert error.value.where == "steps"


@pytest.mark.parametrize("members", [0, 1_000_001, True, 1.0, "1"])
def test_members_are_a_whole_number_up_to_a_million(members: Any) -> None:  # noqa: ANN401 - wrong
    with pytest.raises(RequestError, match=r"^members must be a whole number from 1 to 1,000,000"):
        PropagationRequest(5, members=members)


def test_a_request_is_written_as_the_interface_takes_it() -> None:
    assert PropagationRequest(5).to_json() == {
        "steps": 5,
        "seed": 0,
        "members": 1,
        "scenario": NANO.to_json(),
    }
    member = PropagationRequest(5, Trajectory(member=3)).to_json()
    assert member == {**PropagationRequest(5).to_json(), "member": 3}


@given(st.sampled_from([NANO, TEN, CROWD]).map(Trajectory), st.integers(1, 10**9))
def test_intervals_are_the_fewest_that_hold_the_steps(trajectory: Trajectory, steps: int) -> None:
    intervals = trajectory.intervals_for(steps)
    assert trajectory.interval == interval_iterations(len(trajectory.scenario.agents))
    assert (intervals - 1) * trajectory.interval < steps <= intervals * trajectory.interval


# Subjects


@given(trajectories())
def test_the_subject_of_one_member_is_stored_as_its_trajectory(trajectory: Trajectory) -> None:
    subject = PropagationRequest(7, trajectory).subject
    assert subject.to_json() == trajectory.to_json()
    assert Subject.from_json(json.loads(json.dumps(trajectory.to_json()))) == subject
    assert subject.digest == trajectory.digest


@pytest.mark.parametrize("agents", [(), ("Body 2", "Body 5")])
def test_the_subject_of_an_ensemble_reads_back_and_makes_its_requests(
    agents: tuple[str, ...],
) -> None:
    request = PropagationRequest(7, Trajectory(TEN, 7), 1_000, agents[::-1])
    stored = request.subject.to_json()
    assert stored["members"] == 1_000
    assert stored.get("agents", []) == [*agents]
    subject = Subject.from_json(json.loads(json.dumps(stored)))
    assert subject == request.subject
    assert subject.request(7) == request
    assert subject.digest == request.digest != request.trajectory.digest


@pytest.mark.parametrize("members", [1, 1_000])
@pytest.mark.parametrize("value", [[], [{"agent": "Body 5", "sigma": {"x": 1e-3, "vy": 2e-4}}]])
def test_the_canonical_json_of_a_subject_is_that_of_all_its_fields(
    members: int, value: list[dict[str, Any]]
) -> None:
    trajectory = Trajectory(TEN, 7, 3 * (members == 1), Dispersion.from_json(value, TEN))
    agents = ("Body 2", "Body 5") if members > 1 else ()
    subject = PropagationRequest(7, trajectory, members, agents).subject
    assert subject.canonical == canonical_json(subject.to_json())


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"members": 0}, "members"),
        ({"members": "2"}, "members"),
        ({"members": True}, "members"),
        ({"members": 2, "member": 1}, "member"),
        ({"agents": ["Satellite"]}, "agents"),
        ({"members": 2, "agents": []}, "agents"),
        ({"members": 2, "agents": [3]}, "agents"),
        ({"members": 2, "agents": "Satellite"}, "agents"),
        ({"members": 2, "agents": ["Planet"]}, "agents"),
        ({"members": 2, "agents": ["Moon"]}, "agents"),
        ({"members": 2, "agents": ["Satellite", "Satellite"]}, "agents"),
        ({"members": 2, "agents": ["Satellite"] * 17}, "agents"),
        ({"steps": 5}, "trajectory"),
    ],
)
def test_what_is_no_subject_is_refused_with_where(more: dict[str, Any], where: str) -> None:
    with pytest.raises((RequestError, ScenarioError)) as error:
        Subject.from_json(Trajectory().to_json() | more)
    assert error.value.where == where


@given(jsonlike())
def test_whatever_is_no_subject_is_refused(value: object) -> None:
    with pytest.raises((RequestError, ScenarioError)):
        Subject.from_json(value)


def test_at_most_16_agents_are_analysed() -> None:
    names = [agent.name for agent in CROWD.agents]
    assert agent_names(names[:16]) == tuple(names[:16])
    for wrong in ([], names[:17], "Satellite", None, ["Satellite", None]):
        with pytest.raises(RequestError, match=r"^agents must be .*names of agents"):
            agent_names(wrong)
