"""Reads requests: ids, seeds and step counts become a `PropagationRequest` within the limits.

Text that is not exactly a request is a `BadRequest` (or `NotFound`) with a sentence that says what
would be one. Nothing is guessed, and Python's own leniency (Arabic digits, numbers of four thousand
digits) is never reached. Only people, in the form and on the command line, may write a step count
as `1,000,000`, `1_000_000` or `1e6`: an address has one form.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Final, TypedDict, Unpack

from frontend.errors import BadRequest, NotFound
from sim import limits as limits_of_sim
from sim.errors import LimitError, RequestError, ScenarioError
from sim.limits import shown_steps
from sim.order import Order, read_condition, read_until
from sim.scenario import (
    NANO,
    NO_DISPERSION,
    Dispersion,
    PropagationRequest,
    Subject,
    Trajectory,
    agent_names,
    read_scenario,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sim.scenario import Scenario

__all__ = [
    "ID",
    "ORDER_ID",
    "Chosen",
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
GROUPED: Final = re.compile("[1-9][0-9]{0,2}(?:(?:,[0-9]{3}){1,5}|(?:_[0-9]{3}){1,5})")
HUGE: Final = re.compile("[1-9][0-9]{16,99}")  # is read only to be refused as too large
SCIENTIFIC: Final = re.compile(r"([1-9][0-9]{0,15})(?:\.([0-9]{1,15}))?[eE]\+?([0-9]{1,2})")


class Limits(limits_of_sim.Limits):
    """The largest request that is accepted; what is larger is a BadRequest."""

    def check_steps(self, steps: int) -> None:
        """Raise BadRequest for so many steps, if they are none or too many."""
        with _bad_requests():
            super().check_steps(steps)

    def check(self, request: PropagationRequest) -> PropagationRequest:
        """Return the request; raises BadRequest where it is too large."""
        with _bad_requests():
            return super().check(request)

    def check_time(self, scenario: Scenario, time: float) -> None:
        """Raise BadRequest for a time to reach that takes more steps than are allowed."""
        with _bad_requests():
            super().check_time(scenario, time)


@contextlib.contextmanager
def _bad_requests() -> Iterator[None]:
    try:
        yield
    except LimitError as error:
        raise BadRequest(str(error)) from None


class Chosen(TypedDict, total=False):
    """What a request says, beside how far it goes.

    `scenario`, `dispersion` and `agents` are parsed JSON, or None for the default ones. `member` is
    None where none is named, which means member 0 but goes with any number of members.
    """

    seed: int
    member: int | None
    members: int
    scenario: object | None
    dispersion: object | None
    agents: object | None


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
    if WHOLE_NUMBER.fullmatch(text) or HUGE.fullmatch(text):
        return int(text)
    raise BadRequest(
        f"The number of steps must be a whole number, such as 1000000, 1,000,000 or 1e6, not "
        f"{_shown(text)}."
    )


def read_request(limits: Limits, *, steps: int, **chosen: Unpack[Chosen]) -> PropagationRequest:
    """Make a request of its parts; raises BadRequest."""
    limits.check_steps(steps)
    members, agents = chosen.get("members", 1), chosen.get("agents")
    try:
        request = PropagationRequest(
            steps,
            _trajectory(**chosen),
            members,
            () if agents is None else agent_names(agents),
        )
    except (RequestError, ScenarioError) as error:
        raise BadRequest(str(error)) from None
    return limits.check(request)


def _trajectory(**chosen: Unpack[Chosen]) -> Trajectory:
    """Return the trajectory that is chosen: that of member 0 where there are several.

    Raises BadRequest, RequestError and ScenarioError.
    """
    member, members = chosen.get("member"), chosen.get("members", 1)
    if member is not None and members > 1:
        raise BadRequest(
            f"member names one run, and members={members} asks for an ensemble; leave out one."
        )
    scenario, dispersion = chosen.get("scenario"), chosen.get("dispersion")
    of = NANO if scenario is None else read_scenario(scenario)
    spread = NO_DISPERSION if dispersion is None else Dispersion.from_json(dispersion, of)
    return Trajectory(of, chosen.get("seed", 0), member or 0, spread)


def read_order(
    limits: Limits,
    *,
    steps: int | None = None,
    until: object | None = None,
    stop: object | None = None,
    **chosen: Unpack[Chosen],
) -> PropagationRequest:
    """Make a request, or an `Order` where it asks for a time or for a condition to stop at.

    `until` and `stop` are parsed JSON. A time whose number of steps is known at once gives the
    request of so many. Raises BadRequest.
    """
    if until is not None:
        if steps is not None or stop is not None:
            raise BadRequest("until takes the place of steps and stop: give it alone.")
        first = read_request(limits, steps=1, **chosen)
        known = _known_steps(limits, first, until)
        return known if isinstance(known, Order) else read_request(limits, steps=known, **chosen)
    if steps is None:
        raise BadRequest("steps is missing; give it, or a time: until.")
    request = read_request(limits, steps=steps, **chosen)
    if stop is None:
        return request
    _check_members("stop", request)
    try:
        condition = read_condition(request.trajectory.scenario, stop)
    except RequestError as error:
        raise BadRequest(str(error)) from None
    return Order(steps, request.trajectory, condition=condition)


def _known_steps(limits: Limits, request: PropagationRequest, until: object) -> int | Order:
    """Return how many steps a time takes, or the order that finds it out.

    `request` is that for one step.
    """
    scenario = request.trajectory.scenario
    try:
        condition = read_until(until)
    except RequestError as error:
        raise BadRequest(str(error)) from None
    limits.check_time(scenario, condition.time)
    known = scenario.steps_until(condition.time)
    if known is not None:
        return known
    _check_members("until", request)
    allowed = limits.steps_of(scenario)
    at_most = min(allowed, scenario.most_steps_until(condition.time))
    return Order(at_most, request.trajectory, condition=condition)


def _check_members(field: str, request: PropagationRequest) -> None:
    if request.is_ensemble:
        raise BadRequest(
            f"{field} asks for one trajectory: its members would end after different numbers of "
            "steps. Leave members out, or set it to 1."
        )


def parse_id(
    limits: Limits,
    text: str,
    subject_of: Callable[[str], Subject | None],
    *,
    seed: str | None = None,
    member: str | None = None,
    members: str | None = None,
) -> PropagationRequest:
    """Read the id of a propagation, and the texts beside it.

    A step count takes a seed, a member and members. A step count with a digest takes a member, of
    those that the request has. `subject_of` returns what is known by a digest. Raises BadRequest
    and NotFound.
    """
    found = ID.fullmatch(text)
    if found is None:
        raise _no_id(text, limits)
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
    subject = subject_of(digest)
    if subject is None or subject == Subject(Trajectory()):
        raise NotFound(f"{text} has not been requested yet, so its scenario is not known here.")
    try:
        request = subject.request(steps)
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
        last = "its only member is 0" if members == 1 else f"its members are 0 to {members - 1:,}"
        raise BadRequest(
            f"{request.id} has no member {member:,}: {last}. For any other give steps, seed, "
            "member, scenario and dispersion in place of this id."
        )
    return request.of_member(member)


def _no_id(text: str, limits: Limits) -> BadRequest:
    """Return what is wrong with a text that is no id, though people may write steps like that."""
    with contextlib.suppress(BadRequest):
        steps = step_count(text)
        if steps > limits.max_steps:
            return BadRequest(_too_many(steps, limits.max_steps))
        if steps > 0:
            return BadRequest(f"An address has the steps in plain digits: {steps}, not {text}.")
    return BadRequest(_steps_sentence(_shown(text), limits.max_steps))


def _steps_sentence(shown: str, max_steps: int) -> str:
    return f"The number of steps must be a whole number from 1 to {max_steps:,}, not {shown}."


def _too_many(steps: int, max_steps: int) -> str:
    shown = shown_steps(steps)
    return f"The number of steps, {shown}, is too large: the largest allowed is {max_steps:,}."


def _shown(text: str) -> str:
    """Quote text, cut where it is long."""
    return repr(text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "...")
