from __future__ import annotations

from dataclasses import replace

from frontend.cli.summary import LISTED_AGENTS, summary
from sim.engine import Propagation
from sim.presets import preset
from sim.scenario import NANO, PropagationRequest, Scenario, Trajectory


def summary_of(scenario: Scenario, steps: int = 500) -> str:
    request = PropagationRequest(steps, Trajectory(scenario))
    return summary(request, Propagation.open(request.trajectory, steps))


def test_it_has_the_counts_the_last_states_and_the_orbit_of_each_agent() -> None:
    lines = summary_of(NANO).splitlines()
    assert lines[0] == "500 steps, seed 0: 805 records"
    assert lines[1] == f"Method: {NANO.method.sentence}"
    assert lines[3].split() == ["at", "the", "end", "records", "time", "x", "y", "vx", "vy"]
    end = Propagation.open(Trajectory(NANO), 500).end
    for line, (name, state) in zip(lines[4:6], end.items(), strict=True):
        assert line.startswith(f"{name} ")
        assert line.split()[-2:] == [f"{state.vx:.6g}", f"{state.vy:.6g}"]
    assert "Satellite relative to Planet, over the starts of its steps" in lines
    named = {line[:23].strip() for line in lines if line.startswith("  ")}
    assert named >= {"distance", "energy", "angular momentum", "unbound from"}
    assert not named & {"r", "e", "h"}


def test_it_names_the_member_of_the_seed_unless_it_is_0() -> None:
    for member, words in ((0, "seed 7: "), (3, "seed 7, member 3: ")):
        request = PropagationRequest(5, Trajectory(seed=7, member=member))
        text = summary(request, Propagation.open(request.trajectory, 5))
        assert text.startswith(f"5 steps, {words}")


def test_where_nothing_is_random_a_seed_is_shown_only_if_it_was_chosen() -> None:
    for seed, words in ((0, "5 steps: 18 records"), (7, "5 steps, seed 7: ")):
        request = PropagationRequest(5, Trajectory(preset("figure-eight").scenario, seed))
        text = summary(request, Propagation.open(request.trajectory, 5))
        assert text.startswith(words)


def test_the_whole_system_is_said_to_be_of_the_agents_that_have_mu() -> None:
    circular = preset("circular").scenario
    text = summary_of(circular, steps=5)
    assert "The whole system, that is Earth, which alone has mu, with the" in text
    assert "relative departure" not in text
    assert "The whole system, with the" in summary_of(preset("figure-eight").scenario, steps=5)
    belt = summary_of(preset("kirkwood-gap").scenario, steps=5)
    assert "The whole system without the agents that have no mu, with the" in belt
    massless = replace(NANO, agents=tuple(replace(agent, mu=0.0) for agent in NANO.agents))
    assert "The whole system" not in summary_of(massless, steps=5)


def test_of_many_agents_the_first_are_listed_and_the_others_counted() -> None:
    sun, planet = NANO.agents
    others = [
        replace(
            planet, name=f"Moon {number}", state=replace(planet.state, y=planet.state.y + number)
        )
        for number in range(LISTED_AGENTS + 4)
    ]
    text = summary_of(replace(NANO, agents=(sun, *others)), steps=50)
    assert f"Moon {LISTED_AGENTS - 2} " in text
    assert f"Moon {LISTED_AGENTS} " not in text
    assert "... and 5 more" in text


def test_in_space_there_are_z_units_elements_and_the_whole_system() -> None:
    scenario = preset("outer-solar-system").scenario
    known = Propagation.open(Trajectory(scenario), 50)
    lines = summary_of(scenario, steps=50).splitlines()
    header = "records time (d) x (au) y (au) z (au) vx (au/d) vy (au/d) vz (au/d)"
    assert lines[3].split()[3:] == header.split()
    pluto = next(line for line in lines if line.startswith("Pluto "))
    assert pluto.split()[-1] == f"{known.end['Pluto'].to_json()['vz']:.6g}"
    assert sum(line.startswith("  inclination ") for line in lines) == 5
    assert not any(line.startswith("  speed at infinity ") for line in lines)
    energy = next(line for line in lines if line.startswith("  energy (au^5/d^4)"))
    assert "relative departure" in energy
