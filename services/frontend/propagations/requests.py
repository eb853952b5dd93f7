"""Reads requests: ids, seeds and step counts become a `PropagationRequest` within the limits.

Text that is not exactly a request is a `BadRequest` (or `NotFound`) with a sentence that says what
would be one. Nothing is guessed, and Python's own leniency (Arabic digits, numbers of four thousand
digits) is never reached. Only people, in the form and on the command line, may write a step count
as `1,000,000`, `1_000_000` or `1e6`: an address has one form.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from frontend.errors import BadRequest, NotFound
from sim.cost_model import work
from sim.errors import RequestError, ScenarioError
from sim.models.model import MAX_STEPS
from sim.order import Order, read_condition, read_until
from sim.scenario import NANO, PropagationRequest, Trajectory, read_scenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.scenario import Scenario

__all__ = [
    "ID",
    "ORDER_ID",
    "Limits",
    "parse_id",
    "read_order",
    "read_request",
    "step_count",
    "whole_number",
]

WHOLE_NUMBER: Final = re.compile("0|[1-9][0-9]{0,15}")  # 16 digits hold everything below 2**53
ID: Final = re.compile("([1-9][0-9]{0,15})(?:-([0-9a-f]{16}))?")  # JSON Schema reads it, too
ORDER_ID: Final = re.compile("q-[0-9a-f]{16}")
SHOWN_CHARACTERS: Final = 40
SHOWN_STEPS: Final = 10**16  # larger numbers are shown as 1e+99
GROUPED: Final = re.compile("[1-9][0-9]{0,2}(?:(?:,[0-9]{3}){1,5}|(?:_[0-9]{3}){1,5})")
SCIENTIFIC: Final = re.compile(r"([1-9][0-9]{0,15})(?:\.([0-9]{1,15}))?[eE]\+?([0-9]{1,2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The largest request that is accepted."""

    max_steps: int
    max_work: int

    def steps_of(self, scenario: Scenario) -> int:
        """Return how many steps of a scenario are allowed; 0 where not even one is."""
        return min(self.max_steps, int(self.max_work // work(1, scenario)))

    def check(self, request: PropagationRequest) -> PropagationRequest:
        """Return the request; raises BadRequest where it is too large."""
        if request.steps > self.max_steps:
            raise BadRequest(_steps_sentence(str(request.steps), self.max_steps))
        needed = work(request.steps, request.trajectory.scenario, request.members)
        if needed > self.max_work:
            raise BadRequest(
                f"{request.steps} steps of this scenario are {needed:.3g} units of work, more "
                f"than the {self.max_work:.3g} that are allowed; ask for fewer steps or agents."
            )
        return request


def whole_number(text: str, name: str) -> int:
    """Read a whole number in ASCII digits without a leading zero; raises BadRequest."""
    if WHOLE_NUMBER.fullmatch(text) is None:
        raise BadRequest(
            f"The {name} must be a whole number from 0 to 9,007,199,254,740,991 in plain digits, "
            f"not {_shown(text)}."
        )
    return int(text)


def step_count(text: str) -> int:
    """Read a step count as people write it; raises BadRequest.

    >>> [step_count(text) for text in ("1000000", "1,000,000", "1_000_000", "1e6", "2.5e3")]
    [1000000, 1000000, 1000000, 1000000, 2500]
    """
    if GROUPED.fullmatch(text):
        return int(text.replace(",", "").replace("_", ""))
    if (found := SCIENTIFIC.fullmatch(text)) is not None:
        whole, fraction, exponent = found[1], (found[2] or "").rstrip("0"), int(found[3])
        if len(fraction) <= exponent:
            return int(whole + fraction + "0" * (exponent - len(fraction)))
    if WHOLE_NUMBER.fullmatch(text):
        return int(text)
    raise BadRequest(
        f"The number of steps must be a whole number, such as 1000000, 1,000,000 or 1e6, not "
        f"{_shown(text)}."
    )


def read_request(
    limits: Limits,
    *,
    steps: int,
    seed: int = 0,
    member: int | None = None,
    members: int = 1,
    scenario: object | None = None,
) -> PropagationRequest:
    """Make a request of its parts; raises BadRequest.

    `scenario` is parsed JSON, or None for the default one. `member` is None where none is named,
    which means member 0 but goes with any number of members.
    """
    if not 1 <= steps <= limits.max_steps:
        shown = str(steps) if steps < SHOWN_STEPS else f"{steps:.3g}"
        raise BadRequest(_steps_sentence(shown, limits.max_steps))
    if member is not None and members > 1:
        raise BadRequest(
            f"member names one run, and members={members} asks for an ensemble; leave out one."
        )
    try:
        chosen = NANO if scenario is None else read_scenario(scenario)
        request = PropagationRequest(steps, Trajectory(chosen, seed, member or 0), members)
    except (RequestError, ScenarioError) as error:
        raise BadRequest(str(error)) from None
    return limits.check(request)


def read_order(
    limits: Limits,
    *,
    steps: int | None = None,
    until: object | None = None,
    stop: object | None = None,
    seed: int = 0,
    member: int | None = None,
    members: int = 1,
    scenario: object | None = None,
) -> PropagationRequest:
    """Make a request, or an `Order` where it asks for a time or for a condition to stop at.

    `until` and `stop` are parsed JSON. A time whose number of steps is known at once gives the
    request of so many.
    """
    if until is not None:
        if steps is not None or stop is not None:
            raise BadRequest("until takes the place of steps and stop: give it alone.")
        first = read_request(limits, steps=1, seed=seed, member=member, scenario=scenario)
        known = _known_steps(limits, first.trajectory, until)
        if isinstance(known, Order):
            _check_members(known, members)
            return known
        return read_request(
            limits, steps=known, seed=seed, member=member, members=members, scenario=scenario
        )
    if steps is None:
        raise BadRequest("steps is missing; give it, or a time: until.")
    if stop is None:
        return read_request(
            limits, steps=steps, seed=seed, member=member, members=members, scenario=scenario
        )
    request = read_request(limits, steps=steps, seed=seed, member=member, scenario=scenario)
    try:
        condition = read_condition(request.trajectory.scenario, stop)
    except RequestError as error:
        raise BadRequest(str(error)) from None
    order = Order(steps, request.trajectory, condition=condition)
    _check_members(order, members)
    return order


def _known_steps(limits: Limits, trajectory: Trajectory, until: object) -> int | Order:
    """Return how many steps a time takes, or the order that finds it out."""
    scenario = trajectory.scenario
    try:
        condition = read_until(until)
    except RequestError as error:
        raise BadRequest(str(error)) from None
    allowed = limits.steps_of(scenario)
    fewest = scenario.fewest_steps_until(condition.time)
    if fewest > allowed:
        # At MAX_STEPS the bound is cut off: how many it takes is not known then.
        takes = (
            "more steps of this scenario than"
            if fewest >= MAX_STEPS
            else f"at least {fewest:.3g} steps of this scenario, more than"
        )
        raise BadRequest(
            f"The time {condition.time:g} takes {takes} the {allowed:,} that are allowed; ask for "
            "an earlier time."
        )
    known = scenario.steps_until(condition.time)
    if known is not None:
        return known
    at_most = min(allowed, scenario.most_steps_until(condition.time))
    return Order(at_most, trajectory, condition=condition)


def _check_members(order: Order, members: int) -> None:
    if members != 1:
        raise BadRequest(
            f"{'until' if order.is_until else 'stop'} asks for one trajectory: its members would "
            "end after different numbers of steps. Leave members out, or set it to 1."
        )


def parse_id(
    limits: Limits,
    text: str,
    trajectory_of: Callable[[str], Trajectory | None],
    *,
    seed: str | None = None,
    member: str | None = None,
    members: str | None = None,
) -> PropagationRequest:
    """Read the id of a propagation, and the texts beside it.

    A step count takes a seed, a member and members. A step count with a digest takes a member, of
    those that the request has. `trajectory_of` returns a known trajectory by its digest. Raises
    BadRequest and NotFound.
    """
    found = ID.fullmatch(text)
    if found is None:
        raise BadRequest(_steps_sentence(_shown(text), limits.max_steps))
    steps, digest = int(found[1]), found[2]
    number = None if member is None else whole_number(member, "member")
    if digest is None:
        return read_request(
            limits,
            steps=steps,
            seed=0 if seed is None else whole_number(seed, "seed"),
            member=number,
            members=1 if members is None else whole_number(members, "number of members"),
        )
    if seed is not None or members is not None:
        raise BadRequest("An id with a digest has its seed and members already; leave them out.")
    trajectory = trajectory_of(digest)
    if trajectory is None or trajectory.is_default:
        raise NotFound(f"Nobody has asked for {text} yet, so its scenario is not known here.")
    try:
        request = PropagationRequest(steps, trajectory)
        return limits.check(request if number is None else _member_of(request, number))
    except RequestError as error:
        raise BadRequest(str(error)) from None


def _member_of(request: PropagationRequest, member: int) -> PropagationRequest:
    """Return the request for one member of those that a request has; raises BadRequest."""
    trajectory, members = request.trajectory, request.members
    if trajectory.member:
        raise BadRequest(
            f"{request.id} is member {trajectory.member} of its seed already; leave the member out."
        )
    if member >= members:
        last = "its only member is 0" if members == 1 else f"its members are 0 to {members - 1}"
        raise BadRequest(
            f"{request.id} has no member {member}: {last}. For any other give steps, seed, member "
            "and scenario in place of this id."
        )
    return PropagationRequest(request.steps, replace(trajectory, member=member))


def _steps_sentence(shown: str, max_steps: int) -> str:
    return f"The number of steps must be a whole number from 1 to {max_steps:,}, not {shown}."


def _shown(text: str) -> str:
    """Quote text, cut where it is long."""
    return repr(text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "...")
