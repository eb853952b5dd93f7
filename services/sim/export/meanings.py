"""What each column of an exported table means, and its unit: for people and programs that read it.

Guarantees: every column of records, of states at times and of the table of members has a meaning;
a unit is that of the scenario, "" where there is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sim.models.units import Units

__all__ = ["Kind", "meanings"]

Kind: TypeAlias = Literal["records", "states", "members"]
"""What the rows of a table are."""

_Meaning: TypeAlias = tuple[str, tuple[int, int]]  # and the powers of length and time in the unit
_NONE: Final = (0, 0)
_LENGTH: Final = (1, 0)
_TIME: Final = (0, 1)
_SPEED: Final = (1, -1)
_DEGREES: Final = "deg"

_STATE: Final[Mapping[str, _Meaning]] = {
    **{axis: (f"position along {axis}", _LENGTH) for axis in "xyz"},
    **{f"v{axis}": (f"velocity along {axis}", _SPEED) for axis in "xyz"},
}
_RECORDS: Final[Mapping[str, _Meaning]] = {
    "agent": ("the body whose record it is", _NONE),
    "t0": ("from this time on the record holds; -inf for the initial one", _TIME),
    "t1": ("up to this time it holds, and the state is that of this time", _TIME),
    "timeStep": ("the length of the agent's next step", _TIME),
    **_STATE,
}
_STATES: Final[Mapping[str, _Meaning]] = {
    "t": ("the time that was asked for", _TIME),
    **_RECORDS,
}
_OUTCOME: Final = (
    "what ended the member (collision, divergence, standstill), else escaped, bound, or none "
    "without a primary"
)
_MEMBERS: Final[Mapping[str, _Meaning]] = {
    "member": ("the number of the member", _NONE),
    "agent": ("the body whose row it is", _NONE),
    "outcome": (_OUTCOME, _NONE),
    "steps": ("steps that the agent has taken", _NONE),
    "escape_at": ("the iteration from which its energy stays above 0", _NONE),
    "escape_time": ("its clock then", _TIME),
    "closest": ("its least distance from its primary", _LENGTH),
    "closest_at": ("the first iteration at that distance", _NONE),
    "t": ("its clock at the end", _TIME),
    **_STATE,
    "a": ("osculating semi-major axis at the end; below 0 for an open orbit", _LENGTH),
    "e": ("osculating eccentricity at the end", _NONE),
    "i": ("osculating inclination at the end", _NONE),
    "node": ("longitude of the ascending node at the end", _NONE),
    "argp": ("argument of periapsis at the end", _NONE),
    "anomaly": ("true anomaly at the end", _NONE),
}
_ANGLES: Final = frozenset({"i", "node", "argp", "anomaly"})
_OF: Final[Mapping[Kind, Mapping[str, _Meaning]]] = {
    "records": _RECORDS,
    "states": _STATES,
    "members": _MEMBERS,
}


def meanings(kind: Kind, names: list[str], units: Units) -> dict[str, dict[str, str]]:
    """Return the meaning and the unit of each of these columns, by name; KeyError for another.

    >>> from sim.models.units import Units
    >>> meanings("records", ["vx"], Units("km", "s"))
    {'vx': {'meaning': 'velocity along x', 'unit': 'km/s'}}
    """
    of = _OF[kind]
    return {
        name: {
            "meaning": of[name][0],
            "unit": _DEGREES if name in _ANGLES else units.of(*of[name][1]),
        }
        for name in names
    }
