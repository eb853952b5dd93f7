"""Where and when a scenario is: epoch, time scale, frame and centre, labels that change no number.

They are given by name beside a scenario's other fields, each only where it is known, and are part
of its identity only there. Names are those of CCSDS 502.0-B-3, sections 3.2.3.2 and 3.2.3.3.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sim.errors import ScenarioError
from sim.strictjson import name_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FRAMES", "LABELS", "LABEL_SCHEMAS", "NO_LABELS", "TIME_SCALES", "Epoch", "Labels"]

LABELS: Final = ("epoch", "time_scale", "frame", "center")
"""The names of the labels, as JSON has them."""

TIME_SCALES: Final = ("TDB", "TT", "TAI", "UTC", "TCB", "TCG", "GPS", "UT1")
"""Those of section 3.2.3.2 that a date is of; the others are angles and durations."""

FRAMES: Final = ("ICRF", "GCRF", "EME2000", "MCI", "TEME", "TOD")
"""Those of section 3.2.3.3 whose axes do not rotate with a body: agents fall as in none other."""

_ROTATING: Final = ("GRC", "ITRF2000", "ITRF-93", "ITRF-97", "TDR")  # the rest of section 3.2.3.3
_DAY_S: Final = 86_400
_FRACTION_DIGITS: Final = 12
_EPOCH: Final = re.compile(
    r"(\d{4})-(?:(\d\d)-(\d\d)|(\d{3}))T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,12})0*)?", re.ASCII
)
_EPOCH_RULE: Final = (
    'must be a date with a time, without a zone, such as "2026-01-01T00:00:00" or '
    '"2026-01-01T00:00:00.5"; time_scale says what it is of.'
)


class Epoch(NamedTuple):
    """A point in time of some scale: seconds since 0001-01-01T00:00:00, each day having 86,400.

    >>> Epoch.parse("2026-032T12:00:00.250").text
    '2026-02-01T12:00:00.25'
    """

    seconds: int
    picoseconds: int

    @classmethod
    def parse(cls, text: object, where: str = "epoch") -> Epoch:
        """Read a date with a time, by month and day or by day of the year; raises ScenarioError."""
        found = _EPOCH.fullmatch(text) if isinstance(text, str) and len(text) <= 100 else None  # noqa: PLR2004 - far more than one has
        if found is None:
            raise ScenarioError(where, _EPOCH_RULE)
        year, month, day, of_year, hours, minutes, seconds, fraction = found.groups()
        if int(hours) > 23 or int(minutes) > 59 or int(seconds) > 59:  # noqa: PLR2004 - of a clock
            raise ScenarioError(where, _EPOCH_RULE)
        try:
            first = date(int(year), int(month or 1), int(day or 1))
            on = first + timedelta(days=int(of_year or 1) - 1)
        except (ValueError, OverflowError):
            raise ScenarioError(where, "must be a day of the calendar.") from None
        if on.year != first.year or of_year == "000":
            raise ScenarioError(where, "must be a day of the calendar.")
        of_day = (int(hours) * 60 + int(minutes)) * 60 + int(seconds)
        picoseconds = int((fraction or "0").ljust(_FRACTION_DIGITS, "0"))
        return cls((on.toordinal() - 1) * _DAY_S + of_day, picoseconds)

    @property
    def text(self) -> str:
        """The one text of it: ISO 8601, with no more digits than it has."""
        days, of_day = divmod(self.seconds, _DAY_S)
        minutes, seconds = divmod(of_day, 60)
        hours, minutes = divmod(minutes, 60)
        fraction = f".{self.picoseconds:0{_FRACTION_DIGITS}}".rstrip("0").rstrip(".")
        on = date.fromordinal(days + 1).isoformat()
        return f"{on}T{hours:02}:{minutes:02}:{seconds:02}{fraction}"


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of a scenario; None where one is not given. Raises ScenarioError.

    An epoch and its time scale come together. The text of an epoch is normalised, so that equal
    epochs are equal scenarios.

    >>> Labels(epoch="2026-01-01T00:00:00.0", time_scale="TDB").to_json()
    {'epoch': '2026-01-01T00:00:00', 'time_scale': 'TDB'}
    """

    epoch: str | None = None
    time_scale: str | None = None
    frame: str | None = None
    center: str | None = None

    def __post_init__(self) -> None:
        if self.epoch is not None:
            object.__setattr__(self, "epoch", Epoch.parse(self.epoch).text)
        if self.time_scale is not None:
            _check_choice(self.time_scale, "time_scale", TIME_SCALES)
        if (self.epoch is None) != (self.time_scale is None):
            given, other = ("epoch", "time_scale") if self.epoch else ("time_scale", "epoch")
            raise ScenarioError(other, f"must stand beside {given}: one says nothing without both.")
        if self.frame is not None:
            _check_frame(self.frame)
        if self.center is not None:
            name_of(self.center, "center")

    def __bool__(self) -> bool:
        return bool(self.to_json())

    def to_json(self) -> dict[str, str]:
        """Return the labels that are given, by name."""
        labels = {name: getattr(self, name) for name in LABELS}
        return {name: label for name, label in labels.items() if label is not None}

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Labels:
        """Read the labels among the fields of a scenario; raises ScenarioError."""
        given = {name: fields[name] for name in LABELS if name in fields}
        for name, label in given.items():
            if label is None:
                raise ScenarioError(name, "must be a text; leave it out where it is not known.")
        return cls(**given)


NO_LABELS: Final = Labels()
"""Of a scenario that says none of it."""


def _check_choice(value: object, where: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ScenarioError(where, f"must be one of {', '.join(known)}.")


def _check_frame(frame: object) -> None:
    if frame in _ROTATING:
        raise ScenarioError(
            "frame",
            f"can't be {frame}, which rotates: forces there are not gravity's alone. Say one of "
            f"{', '.join(FRAMES)}.",
        )
    _check_choice(frame, "frame", FRAMES)


LABEL_SCHEMAS: Final[dict[str, dict[str, Any]]] = {
    "epoch": {
        "type": "string",
        "description": "The date and time at which t is 0, by time_scale, without a zone.",
        "pattern": r"^\d{4}-(\d\d-\d\d|\d{3})T\d\d:\d\d:\d\d(\.\d{1,12}0*)?$",
        "examples": ["2026-01-01T00:00:00"],
    },
    "time_scale": {"enum": list(TIME_SCALES), "description": "What the epoch is of."},
    "frame": {"enum": list(FRAMES), "description": "The axes of positions and velocities."},
    "center": {
        "type": "string",
        "minLength": 1,
        "description": "What the origin is.",
        "examples": ["EARTH", "SOLAR SYSTEM BARYCENTER"],
    },
}
"""The JSON schemas of the labels, by name."""
