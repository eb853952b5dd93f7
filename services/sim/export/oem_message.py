"""The text of an Orbit Ephemeris Message: CCSDS 502.0-B-3, section 5, in keyword-value notation."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import orjson

from sim.errors import RequestError
from sim.export.epochs import Instants
from sim.models.kilometres import Kilometres
from sim.models.labels import LABELS, Epoch
from sim.models.table import read_scenario

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from sim.kernel import Floats
    from sim.scenario import Scenario

__all__ = ["AXES", "Message", "Span", "refusal"]

AXES: Final = ("x", "y", "z", "vx", "vy", "vz")
"""The columns of a state, in the order of a line."""

_NOT_UNIFORM: Final = frozenset({"UTC", "UT1"})
_LINE: Final = b"%b" + b" %.15E" * len(AXES) + b"\n"  # 16 digits are the most of section 7.5.5


def refusal(scenario: Scenario) -> str:
    """Return why the states of a scenario can't be written, and what to do; "" where they can."""
    units, labels = scenario.units, scenario.labels
    if len(AXES) != 2 * scenario.model.dimensions:
        return (
            f"oem is of kilometres in space, and {scenario.model.name} is a plane without units: "
            "choose nbody, with units, epoch, time_scale, frame and center."
        )
    lacking = [name for name in LABELS if getattr(labels, name) is None]
    if not Kilometres.are_of(units):
        lacking.insert(0, "units of length and time")
    if lacking:
        return f"oem needs more than this scenario says: it lacks {', '.join(lacking)}."
    if labels.time_scale in _NOT_UNIFORM:
        return (
            f"oem adds times to the epoch, and the days of {labels.time_scale} are not equally "
            "long: give the epoch in TAI, TT or TDB."
        )
    for name in (*scenario.names, str(labels.center)):
        if not name.isascii() or "=" in name:
            return f"oem takes names in ASCII without an equals sign: rename {name!r}."
    return ""


@dataclass(slots=True)
class Span:
    """From when to when an agent has states, which must be one after the other."""

    name: str
    start: str = ""
    stop: str = ""
    _last: tuple[int, int] = (-1, 0)

    def add(self, instants: Instants) -> None:
        """Go on with the epochs of some states; raises RequestError."""
        if not instants.are_dates:
            raise RequestError("format", "oem can't hold dates after the year 9999: ask for less.")
        if not instants.increase_from(self._last):
            raise RequestError(
                "format",
                f"oem needs states at increasing times, and two of {self.name} are at the same "
                "picosecond or in the wrong order: choose others.",
            )
        self.start = self.start or instants.texts(slice(1))[0].decode()
        self.stop = instants.texts(slice(-1, None))[0].decode()
        self._last = instants.last


@dataclass(frozen=True, slots=True)
class Message:
    """What all segments share: the scenario, and what says where it is from."""

    scenario: Scenario
    description: str
    units: Kilometres
    epoch: Epoch

    @classmethod
    def of(cls, schema: pa.Schema) -> Message:
        """Read what a schema says of its request; raises RequestError for one without labels."""
        said: Mapping[str, Any] = orjson.loads(schema.metadata[b"porta"])
        scenario = read_scenario(said["request"]["scenario"])
        if why := refusal(scenario):
            raise RequestError("format", why)
        model = f"model {said['model']['name']} {said['model']['version']}"
        return cls(
            scenario,
            f"Porta {said['porta']}, {model}, propagation {said['id']}",
            Kilometres.of(scenario.units),
            Epoch.parse(scenario.labels.epoch),
        )

    def instants(self, states: Floats) -> Instants:
        """Return the epochs of states, float64[N, 7], the time first."""
        return Instants(self.epoch, states[:, 0], self.units.seconds)

    def check(self, states: Floats) -> None:
        """Raise RequestError where a state has no number in kilometres."""
        if not np.isfinite(self.units.states(states[:, 1:])).all():
            raise RequestError("format", "oem can't hold positions beyond 1.8e308 km.")

    def header(self) -> bytes:
        """Return the header (table 5-2), of version 2.0: it has all of it, and more can read it."""
        return _joined(
            "CCSDS_OEM_VERS = 2.0",
            f"COMMENT {self.description}",
            "COMMENT CREATION_DATE is the epoch, so that equal requests have equal bytes",
            f"CREATION_DATE = {self.scenario.labels.epoch}",
            "ORIGINATOR = PORTA",
        )

    def metadata(self, span: Span) -> bytes:
        """Return the metadata of a segment (table 5-3)."""
        labels = self.scenario.labels
        return _joined(
            "",
            "META_START",
            f"OBJECT_NAME = {span.name}",
            f"OBJECT_ID = {span.name}",
            f"CENTER_NAME = {labels.center}",
            f"REF_FRAME = {labels.frame}",
            f"TIME_SYSTEM = {labels.time_scale}",
            f"START_TIME = {span.start}",
            f"STOP_TIME = {span.stop}",
            "META_STOP",
        )

    def lines(self, states: Floats) -> bytes:
        """Return the lines of states, float64[N, 7], the time first."""
        epochs = self.instants(states).texts()
        numbers = self.units.states(states[:, 1:]).tolist()
        cells = chain.from_iterable((at, *row) for at, row in zip(epochs, numbers, strict=True))
        return (_LINE * len(epochs)) % tuple(cells)


def _joined(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
