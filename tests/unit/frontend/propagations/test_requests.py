"""Claims about how what people write becomes a request, or is refused with a sentence."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontend.errors import BadRequest, NotFound
from frontend.propagations.requests import (
    Limits,
    parse_id,
    read_order,
    read_request,
    step_count,
    whole_number,
)
from sim.scenario import NANO, Dispersion, PropagationRequest, Subject, Trajectory

LIMITS = Limits(max_steps=1_000_000, max_work=10_000_000)
SEVEN = Trajectory(seed=7)
MEMBER = Trajectory(seed=7, member=3)
ENSEMBLE = PropagationRequest(500, SEVEN, 1_000)
SPREAD = Trajectory(
    NANO, 0, 0, Dispersion.from_json([{"agent": "Satellite", "sigma": {"x": 0.001}}], NANO)
)
KNOWN = {
    known.digest: known
    for known in (
        *(Subject(SEVEN), Subject(MEMBER), Subject(Trajectory()), Subject(SPREAD)),
        *(ENSEMBLE.subject, Subject(Trajectory(), 10), Subject(SPREAD, 100)),
    )
}


def ask(text: str, **query: str) -> PropagationRequest:
    return parse_id(LIMITS, text, KNOWN.get, **query)


def test_a_step_count_is_a_request_of_the_default_trajectory() -> None:
    assert ask("500") == PropagationRequest(500)


def test_a_step_count_with_a_seed_is_another_trajectory() -> None:
    assert ask("500", seed="7", members="1") == PropagationRequest(500, SEVEN)


def test_a_step_count_with_a_member_is_another_trajectory() -> None:
    assert ask("500", seed="7", member="3") == PropagationRequest(500, MEMBER)
    assert ask("500", seed="7", member="3", members="1") == PropagationRequest(500, MEMBER)
    assert ask("500", member="0") == PropagationRequest(500)
    most = str(2**53 - 1)
    assert ask("500", member=most).trajectory == Trajectory(member=2**53 - 1)


def test_count_and_digest_are_a_request_of_a_trajectory_that_was_asked_for_before() -> None:
    assert ask(f"500-{SEVEN.digest}") == PropagationRequest(500, SEVEN)


@pytest.mark.parametrize(
    "text",
    [
        *("0", "-1", "+1", "abc", "5.5", "", " 500", "500 ", "500\n", "007"),
        *("\u0665\u0660\u0660", "\uff15", "9" * 4_000, "500-", "500-xyz", "500-0-0"),
    ],
)
def test_what_is_no_step_count_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(BadRequest, match=r"whole number from 1 to 1,000,000, not .*\.$") as caught:
        ask(text)
    assert len(caught.value.detail) < 150


@pytest.mark.parametrize("seed", ["", "-1", "1.0", "x", "01", "1_0", "\u0667", "9" * 30])
def test_what_is_no_seed_is_refused_with_a_sentence(seed: str) -> None:
    with pytest.raises(BadRequest, match="seed"):
        ask("500", seed=seed)


@pytest.mark.parametrize(
    "member", ["", "-1", "1.0", "x", "01", "1_0", "1e3", "\u0667", "9" * 30, str(2**53)]
)
def test_what_is_no_member_is_refused_with_a_sentence(member: str) -> None:
    for name in ("500", f"500-{SEVEN.digest}"):
        with pytest.raises(BadRequest, match="member"):
            ask(name, member=member)


def test_seeds_that_json_can_not_carry_are_refused() -> None:
    assert ask("500", seed=str(2**53 - 1)).trajectory.seed == 2**53 - 1
    with pytest.raises(BadRequest, match="seed"):
        ask("500", seed=str(2**53))


@pytest.mark.parametrize("members", ["0", "1000001", "many", "1e3", "", "-1", "9" * 30])
def test_what_is_no_number_of_members_is_refused_with_a_sentence(members: str) -> None:
    with pytest.raises(BadRequest, match="members"):
        ask("500", members=members)


def test_a_step_count_with_members_is_an_ensemble() -> None:
    assert ask("500", seed="7", members="1000") == ENSEMBLE
    assert ask("1", members="1000000") == PropagationRequest(1, members=1_000_000)
    assert ask("500", members="1") == PropagationRequest(500)


def test_count_and_digest_are_an_ensemble_that_was_asked_for_before() -> None:
    assert ask(ENSEMBLE.id) == ENSEMBLE
    assert ask(f"7-{ENSEMBLE.digest}") == PropagationRequest(7, SEVEN, 1_000)
    ten = PropagationRequest(500, members=10)
    assert ask(ten.id) == ten


def test_a_member_of_an_ensemble_is_a_run_of_its_own() -> None:
    assert ask(ENSEMBLE.id, member="3") == PropagationRequest(500, MEMBER)
    assert ask(ENSEMBLE.id, member="0") == PropagationRequest(500, SEVEN)
    ten = PropagationRequest(500, members=10)
    assert ask(ten.id, member="0") == PropagationRequest(500)
    spread = PropagationRequest(500, SPREAD, 100)
    assert ask(spread.id, member="99") == PropagationRequest(500, SPREAD.of_member(99))


@pytest.mark.parametrize("member", ["1000", "1001", "9007199254740991"])
def test_an_ensemble_has_no_member_beyond_its_last(member: str) -> None:
    with pytest.raises(BadRequest, match=r"has no member .*: its members are 0 to 999\. For any"):
        ask(ENSEMBLE.id, member=member)


def test_an_id_with_a_digest_takes_no_seed() -> None:
    for name in (f"500-{SEVEN.digest}", ENSEMBLE.id):
        for query in ({"seed": "7"}, {"members": "1"}, {"members": "1000", "member": "0"}):
            with pytest.raises(BadRequest, match="leave them out"):
                ask(name, **query)


def test_an_id_with_a_digest_takes_a_member_below_its_members() -> None:
    assert ask(f"500-{SEVEN.digest}", member="0") == PropagationRequest(500, SEVEN)
    with pytest.raises(BadRequest, match=r"has no member 1: its only member is 0\. For any other"):
        ask(f"500-{SEVEN.digest}", member="1")
    with pytest.raises(NotFound):
        ask("500-0123456789abcdef", member="0")


@pytest.mark.parametrize("member", ["0", "3", "4"])
def test_an_id_of_a_member_takes_no_member(member: str) -> None:
    assert ask(f"500-{MEMBER.digest}") == PropagationRequest(500, MEMBER)
    with pytest.raises(BadRequest, match="is member 3 of its seed already; leave the member out"):
        ask(f"500-{MEMBER.digest}", member=member)


@pytest.mark.parametrize("member", [0, 1])
def test_a_member_beside_an_ensemble_is_refused_with_a_sentence(member: int) -> None:
    with pytest.raises(BadRequest, match=r"member names one run, and members=2 asks for an ens"):
        read_request(LIMITS, steps=5, member=member, members=2)
    with pytest.raises(BadRequest, match="member names one run"):
        ask("500", member=str(member), members="2")


def test_a_digest_that_nobody_asked_for_is_not_found() -> None:
    with pytest.raises(NotFound, match="500-0123456789abcdef"):
        ask("500-0123456789abcdef")


def test_the_default_trajectory_has_no_second_name() -> None:
    with pytest.raises(NotFound):
        ask(f"500-{Trajectory().digest}")


def test_too_much_work_is_refused_also_within_the_steps_that_are_allowed() -> None:
    agents = NANO.to_json()["agents"]
    assert isinstance(agents, list)
    heavy = [dict(agents[0], name=f"Body {i}", x=float(i)) for i in range(10)]
    scenario: dict[str, Any] = NANO.to_json() | {"agents": heavy}
    assert read_request(LIMITS, steps=200_000, scenario=scenario).steps == 200_000
    with pytest.raises(BadRequest, match=r"units of work, .*; at most 200,000 steps would fit\.$"):
        read_request(LIMITS, steps=200_001, scenario=scenario)


@given(st.integers(1, 1_000_000), st.integers(2, 1_000_000))
def test_too_many_members_are_refused_with_how_many_would_fit(steps: int, members: int) -> None:
    if steps * members <= LIMITS.max_work:
        assert read_request(LIMITS, steps=steps, members=members).members == members
        return
    with pytest.raises(BadRequest) as refused:
        read_request(LIMITS, steps=steps, members=members)
    sentence = refused.value.detail
    fitting = re.search(r"with so many steps at most ([\d,]+) members would fit", sentence)
    assert (fitting is None) == (2 * steps > LIMITS.max_work)
    if fitting is not None:
        most = int(fitting[1].replace(",", ""))
        assert most * steps <= LIMITS.max_work < (most + 1) * steps
    fitting = re.search(r"with so many members at most ([\d,]+) steps? would fit", sentence)
    assert (fitting is None) == (members > LIMITS.max_work)
    if fitting is not None:
        most = int(fitting[1].replace(",", ""))
        assert most * members <= LIMITS.max_work < (most + 1) * members


def test_a_scenario_of_which_no_step_fits_is_refused_with_a_sentence() -> None:
    with pytest.raises(BadRequest, match=r"than the 0\.5 that .*; ask for fewer agents\.$"):
        Limits(max_steps=10, max_work=0.5).check(PropagationRequest(1))  # type: ignore[arg-type]


ENTRY = {"agent": "Satellite", "sigma": {"x": 0.001}}


def test_a_dispersion_and_agents_belong_to_a_request() -> None:
    chosen = read_request(LIMITS, steps=500, members=100, dispersion=[ENTRY])
    assert chosen == PropagationRequest(500, SPREAD, 100)
    alone = read_request(LIMITS, steps=500, member=99, dispersion=[ENTRY])
    assert alone == chosen.of_member(99)
    named = read_request(LIMITS, steps=500, members=100, dispersion=[ENTRY], agents=["Satellite"])
    assert named == chosen  # it is the default
    assert read_request(LIMITS, steps=500, dispersion=[]) == PropagationRequest(500)
    assert read_request(LIMITS, steps=500, dispersion=None) == PropagationRequest(500)


def test_members_that_differ_in_nothing_are_refused() -> None:
    for chosen in ({"members": 2}, {"member": 1}):
        with pytest.raises(BadRequest, match="nothing in this scenario is random"):
            read_request(LIMITS, steps=5, scenario=PAIR, **chosen)
    entry = {"agent": "Planet", "sigma": {"vz": 1e-3}}
    assert read_request(LIMITS, steps=5, scenario=PAIR, members=2, dispersion=[entry]).members == 2


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"dispersion": {}}, "dispersion must be a list"),
        ({"dispersion": [{"agent": "Moon", "sigma": {}}]}, r"dispersion\[0\]\.agent must be the n"),
        ({"agents": ["Satellite"]}, "agents chooses what an ensemble analyses"),
        ({"agents": []}, "agents must be a list of 1 to 16 names"),
        ({"agents": ["Planet"], "members": 2}, "agents can't name Planet, which has no primary"),
        ({"agents": "Satellite", "members": 2}, "agents must be a list of 1 to 16 names"),
        ({"members": 2, "stop": {"agent": "Satellite", "escape": True}}, "stop asks for one traj"),
        ({"members": 1_000_001}, "members must be a whole number from 1 to 1,000,000"),
    ],
)
def test_what_an_ensemble_can_not_be_is_refused_with_a_sentence(
    chosen: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(BadRequest, match=f"^{sentence}"):
        read_order(LIMITS, steps=5, **chosen)


def test_an_ensemble_may_end_at_a_time_where_steps_are_fixed() -> None:
    entry = {"agent": "Planet", "sigma": {"x": 1e-3}}
    asked = read_order(LIMITS, until=0.07, scenario=PAIR, members=10, dispersion=[entry])
    assert (asked.steps, asked.members) == (7, 10)  # 0.07 / 0.01 is above 7
    with pytest.raises(BadRequest, match="until asks for one trajectory"):
        read_order(LIMITS, until=1.0, members=10)
    radau = PAIR | {"integrator": "gauss-radau-15"}
    with pytest.raises(BadRequest, match="must be 1 with an integrator that chooses its steps"):
        read_order(LIMITS, until=1.0, scenario=radau, members=10, dispersion=[entry])
    with pytest.raises(BadRequest, match=r"at most 1,000 steps would fit\.$"):
        read_order(LIMITS, until=10.01, scenario=PAIR, members=10_000, dispersion=[entry])


@pytest.mark.parametrize("scenario", [{}, [], "nano", 3, {"agents": []}])
def test_what_is_no_scenario_is_refused_with_a_sentence(scenario: object) -> None:
    with pytest.raises(BadRequest):
        read_request(LIMITS, steps=5, scenario=scenario)


_TEXTS = st.none() | st.text(max_size=20)


@given(st.text(max_size=60), _TEXTS, _TEXTS, _TEXTS)
def test_any_text_is_a_request_or_is_refused(
    text: str, seed: str | None, member: str | None, members: str | None
) -> None:
    refused = False
    request = None
    try:
        request = parse_id(LIMITS, text, KNOWN.get, seed=seed, member=member, members=members)
    except (BadRequest, NotFound):
        refused = True
    assert refused or (request is not None and request.steps == int(text.partition("-")[0]))


@given(st.integers(0, 10**16 - 1))
def test_plain_digits_are_read_back(number: int) -> None:
    assert whole_number(str(number), "seed") == number


@pytest.mark.parametrize(
    "text",
    [
        *("1000000", "1,000,000", "1_000_000", "1e6", "1E6", "1e+6", "1.0e6", "10e5"),
        "1.000000e6",
    ],
)
def test_people_may_write_a_million_as_they_like(text: str) -> None:
    assert step_count(text) == 1_000_000


@pytest.mark.parametrize(
    "text",
    [
        *("", "-1", "+1", "1.5", "1.5e0", "1e", "e6", "1e-6", "1e100", "1,00", "1,0000", ",100"),
        *("1,000_000", "1_0", "1__000", "_1", "1 000", "1.000.000", "0x10", "007", "inf", "nan"),
        *("\u0661\u0662", "9" * 4_000, "9" * 4_000 + "e9", "1" + ",000" * 2_000, "1\n"),
    ],
)
def test_what_is_no_step_count_for_a_person_is_refused_with_examples(text: str) -> None:
    with pytest.raises(BadRequest, match=r"such as 1000000, 1,000,000 or 1e6, not .*\.$") as caught:
        step_count(text)
    assert len(caught.value.detail) < 150


def test_a_step_count_beyond_the_limit_is_refused_however_it_is_written() -> None:
    with pytest.raises(BadRequest, match=r"steps, 1e\+99, is too large: the largest"):
        read_request(LIMITS, steps=step_count("1e99"))


PAIR: dict[str, Any] = {
    "model": "nbody",
    "integrator": "leapfrog",
    "dt": 0.01,
    "agents": [
        {"name": "Sun", "mu": 1.0, "x": 0.0, "y": 0.0, "vx": 0.0, "vy": 0.0},
        {"name": "Planet", "mu": 0.0, "x": 1.0, "y": 0.0, "vx": 0.0, "vy": 1.0},
    ],
}


@pytest.mark.parametrize(
    ("scenario", "until", "takes"),
    [
        (PAIR, 1e9, "1e+09 takes at least 1e+11 steps of this scenario, more than the 1,000,000"),
        (PAIR, 1e308, "1e+308 takes more steps of this scenario than the 1,000,000"),
        (None, 1e6, "1e+06 takes at least 1e+07 steps of this scenario, more than the 1,000,000"),
        (None, 1e308, "1e+308 takes more steps of this scenario than the 1,000,000"),
    ],
)
def test_a_time_beyond_the_limit_is_refused_with_how_many_steps_it_takes(
    scenario: object, until: float, takes: str
) -> None:
    with pytest.raises(BadRequest) as refused:
        read_order(LIMITS, until=until, scenario=scenario)
    assert refused.value.detail == (f"The time {takes} that are allowed; ask for an earlier time.")


def test_a_time_at_the_limit_is_a_request_of_all_steps_that_are_allowed() -> None:
    assert read_order(LIMITS, until=1e4, scenario=PAIR).steps == 1_000_000
    with pytest.raises(BadRequest, match=r"at least 1e\+06 steps"):
        read_order(LIMITS, until=1e4 + 0.01, scenario=PAIR)


@pytest.mark.parametrize("text", ["1000001", "1e9", "1,000,001", "1e18", "9" * 50])
def test_an_address_with_too_many_steps_says_so_as_the_command_line_does(text: str) -> None:
    with pytest.raises(BadRequest, match="is too large: the largest allowed is 1,000,000") as page:
        parse_id(LIMITS, text, KNOWN.get)
    with pytest.raises(BadRequest) as told:
        read_request(LIMITS, steps=step_count(text))
    assert str(page.value) == str(told.value)


def test_an_address_has_steps_in_plain_digits() -> None:
    with pytest.raises(BadRequest, match="plain digits: 1000, not 1e3"):
        parse_id(LIMITS, "1e3", KNOWN.get)
