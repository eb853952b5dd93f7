"""States from the orbit data of others: OPM and OEM, as text or XML (CCSDS 502.0-B-3).

Guarantees:

- `ccsds_ndm` parses the message; numbers are taken as they are.
- An epoch in UTC becomes one in TAI, the same instant: a simulation's seconds are all equal.
- What has no part in a state (covariances, manoeuvres, accelerations) is told in a sentence.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sim.errors import ScenarioError
from sim.models.labels import Epoch, Labels

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MAX_BYTES", "GivenState", "read_states"]

MAX_BYTES: Final = 2**26
"""The most of a file: some half a million states."""
_NUMBERS: Final = ("x", "y", "z", "x_dot", "y_dot", "z_dot")
_FIRST_UTC: Final = Epoch.parse("1972-01-01T00:00:00")  # before, UTC had no whole leap seconds
_NO_SUCH: Final = "is that of no state in the file; name one that is there."


@dataclass(frozen=True, slots=True)
class GivenState:
    """The state of an object in km and km/s, and its labels."""

    name: str
    numbers: tuple[float, ...]
    labels: Labels
    gm: float | None = None
    """Of the centre, where the file has it."""


def read_states(data: bytes, epoch: str | None = None) -> tuple[list[GivenState], list[str]]:
    """Return the state of each object, and what is left out; raises ScenarioError."""
    message = _parsed(data)
    kind = type(message).__name__.upper()
    wanted = None if epoch is None else Epoch.parse(epoch)
    if kind == "OPM":
        states, notes = _of_opm(message, wanted)
    elif kind == "OEM":
        states, notes = _of_oem(message, wanted)
    else:
        raise ScenarioError("message", f"is of the kind {kind}; give an OPM or an OEM.")
    if len({state.labels for state in states}) > 1:
        raise ScenarioError(
            "message", "has states at several epochs, frames or centres: give one with one of each."
        )
    return states, notes


def _parsed(data: bytes) -> Any:  # noqa: ANN401 - one of the library's classes
    if len(data) > MAX_BYTES:
        raise ScenarioError("message", f"has more than {MAX_BYTES:,} bytes; cut it.")
    try:
        import ccsds_ndm
    except ImportError:
        raise ScenarioError(
            "message", "needs the package ccsds-ndm-py: pip install 'porta[ccsds]'."
        ) from None
    try:
        return ccsds_ndm.from_str(data.decode("utf-8-sig"))
    except (ccsds_ndm.NdmError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ScenarioError("message", f"is neither an OPM nor an OEM: {reason}.") from None


def _of_opm(message: Any, wanted: Epoch | None) -> tuple[list[GivenState], list[str]]:  # noqa: ANN401
    data, metadata = message.segment.data, message.segment.metadata
    if wanted is not None and Epoch.parse(_plain(data.state_vector.epoch)) != wanted:
        raise ScenarioError("epoch", _NO_SUCH)
    elements, manoeuvres = data.keplerian_elements, data.maneuver_parameters
    state = _given(metadata, data.state_vector, None if elements is None else elements.gm)
    ignored = {"covariance": data.covariance_matrix is not None, "manoeuvres": bool(manoeuvres)}
    return [state], _left_out(state.name, ignored)


def _of_oem(message: Any, wanted: Epoch | None) -> tuple[list[GivenState], list[str]]:  # noqa: ANN401
    states: dict[str, GivenState] = {}
    notes: list[str] = []
    for segment in message.segments:
        metadata, data = segment.metadata, segment.data
        vector = _chosen(metadata, data, wanted)
        if vector is None or metadata.object_name in states:
            continue
        states[metadata.object_name] = _given(metadata, vector, None)
        ignored = {
            "covariances": bool(data.covariance_matrix),
            "accelerations": vector.x_ddot is not None,
        }
        notes += _left_out(metadata.object_name, ignored)
    if not states:
        raise ScenarioError("epoch", _NO_SUCH)
    return list(states.values()), notes


def _chosen(metadata: Any, data: Any, wanted: Epoch | None) -> Any:  # noqa: ANN401
    """Return the state of this epoch, or the first that is usable; None where there is none."""
    start = wanted or Epoch.parse(_plain(metadata.useable_start_time or metadata.start_time))
    for vector in data.state_vector:
        epoch = Epoch.parse(_plain(vector.epoch))
        if epoch >= start:
            return vector if wanted in {None, epoch} else None
    return None


def _left_out(name: str, ignored: Mapping[str, bool]) -> list[str]:
    given = " and ".join(what for what, is_there in ignored.items() if is_there)
    return [f"The {given} of {name} have no part in the run."] if given else []


def _given(metadata: Any, vector: Any, gm: float | None) -> GivenState:  # noqa: ANN401
    epoch, scale = _uniform(Epoch.parse(_plain(vector.epoch)), metadata.time_system.upper())
    labels = Labels(epoch.text, scale, metadata.ref_frame.upper(), metadata.center_name)
    numbers = tuple(float(getattr(vector, name)) for name in _NUMBERS)
    return GivenState(metadata.object_name, numbers, labels, gm)


def _plain(text: str) -> str:
    """Return a date without the Z that may end it: it says nothing here (section 7.5.10)."""
    return text.strip().removesuffix("Z")


def _uniform(epoch: Epoch, scale: str) -> tuple[Epoch, str]:
    """Return the epoch and its scale, in TAI where it is one in UTC; raises ScenarioError."""
    if scale != "UTC":
        return epoch, scale
    if epoch < _FIRST_UTC:
        raise ScenarioError("epoch", "must be after 1971 in UTC; give it in TAI, TT or TDB.")
    import erfa

    year, month, day = map(int, epoch.text[:10].split("-"))
    with warnings.catch_warnings():  # of a year for which no leap second is decided yet
        warnings.simplefilter("ignore", erfa.ErfaWarning)
        leap_s = int(erfa.dat(year, month, day, 0.0))
    return Epoch(epoch.seconds + leap_s, epoch.picoseconds), "TAI"
