"""What single runs say of a member, as the rows of an ensemble's table: by two judges.

The engine for one trajectory has been held to the reference; the reference is in plain Python
(`judged`).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from sim import Propagation
from sim.errors import FailureReason, PropagationFailed
from tests.unit.sim.ensemble.judged import judge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.ensemble.computed import ComputedEnsemble
    from sim.errors import Failure
    from sim.scenario import PropagationRequest

Row = dict[str, Any]
FOLLOWED: Final = ("closest", "closest_at", "escape_at", "escape_time")


def rows_of(computed: ComputedEnsemble, member: int) -> list[Row]:
    agents = len(computed.request.trajectory.scenario.agents)
    rows: list[Row] = computed.table().slice(member * agents, agents).to_pylist()
    return rows


def _shown(number: float) -> float | None:
    """As the table shows it."""
    return number if math.isfinite(number) else None


def expected_by_reference(request: PropagationRequest, member: int) -> list[Row]:
    judged, scenario = judge(request, member), request.trajectory.scenario
    rows = []
    for a, (name, state) in enumerate(zip(scenario.names, judged.states, strict=True)):
        followed = judged.followed.get(a)
        row: Row = {"member": member, "agent": name, "steps": judged.steps[a]}
        row |= _moving(state)
        row |= dict.fromkeys(FOLLOWED)
        if followed is not None:
            row["closest"] = _shown(followed.closest)
            row["escape_time"] = _shown(followed.escape_time)
            row["closest_at"] = followed.closest_at if followed.closest_at >= 0 else None
            row["escape_at"] = followed.escape_at if followed.escape_at >= 0 else None
        row["outcome"] = _outcome(scenario, a, judged.reason, row["escape_at"], followed is None)
        rows.append(row)
    return rows


def _moving(state: Any) -> Row:  # noqa: ANN401 - of either model
    numbers: Row = state.to_json()
    del numbers["timeStep"]
    numbers["t"] = numbers.pop("time")
    return numbers


def _outcome(
    scenario: Any,  # noqa: ANN401 - of either model
    a: int,
    reason: FailureReason | None,
    escape_at: int | None,
    unanalysed: bool,  # noqa: FBT001
) -> str | None:
    if reason is not None:
        return str(reason)
    if scenario.orbited[a] is None:
        return "none"
    if unanalysed:
        return None
    return "bound" if escape_at is None else "escaped"


def expected_by_engine(request: PropagationRequest, member: int) -> list[Row]:
    """What the run that a member's link opens says of it; one that ends, up to its end."""
    trajectory, failure = request.trajectory.of_member(member), None
    steps = request.steps
    try:
        one = Propagation.open(trajectory, steps)
    except PropagationFailed as failed:
        failure, steps = failed.failure, failed.failure.iteration
        if steps == 0:
            return _at_start(request, member, failure)
        one = Propagation.open(trajectory, steps)
    statistics: Any = one.statistics()
    rows = []
    for a, (name, state) in enumerate(one.end.items()):
        row: Row = {"member": member, "agent": name, "steps": one.records_by_agent[name] - 1}
        row |= _moving(state)
        row |= dict.fromkeys(FOLLOWED)
        if a in request.analysed and name in statistics:
            r, since = statistics[name]["r"], statistics[name]["unbound_from"]
            row |= {"closest": r["min"], "closest_at": r["min_at"], "escape_at": since}
            if since == 0:
                row["escape_time"] = trajectory.scenario.initial_states[a].time  # 0.0 or -0.0
            elif since is not None:
                row["escape_time"] = Propagation.open(trajectory, since).end[name].time
        reason = None if failure is None else failure.reason
        scenario, unanalysed = trajectory.scenario, a not in request.analysed
        row["outcome"] = _outcome(scenario, a, reason, row["escape_at"], unanalysed)
        rows.append(row)
    return rows


def _at_start(request: PropagationRequest, member: int, failure: Failure) -> list[Row]:
    scenario = request.trajectory.of_member(member).dispersed
    return [
        {"member": member, "agent": name, "steps": 0, "outcome": str(failure.reason)}
        | _moving(state)
        | dict.fromkeys(FOLLOWED)
        for name, state in zip(scenario.names, scenario.initial_states, strict=True)
    ]


def assert_bits(found: Sequence[Row], expected: Sequence[Row]) -> None:
    """Of all columns that are expected; reprs tell 0.0 from -0.0."""
    for row, judged in zip(found, expected, strict=True):
        assert {key: repr(row[key]) for key in judged} == {
            key: repr(value) for key, value in judged.items()
        }
