from __future__ import annotations

import numpy as np
import pytest

from sim.errors import RequestError
from sim.export import FORMATS
from sim.export.epochs import Instants
from sim.export.oem_message import Message, Span, refusal
from sim.models.labels import LABELS, Epoch
from sim.scenario import NANO, Scenario, read_scenario
from tests.labelled import LABELLED, schema, varied

EPOCH = Epoch.parse("2026-01-01T00:00:00")


def test_a_scenario_that_says_enough_is_not_refused() -> None:
    assert refusal(varied()) == ""
    FORMATS["oem"].check(varied())


@pytest.mark.parametrize("label", ["frame", "center"])
def test_a_label_that_is_missing_is_named(label: str) -> None:
    assert refusal(varied(**{label: None})).endswith(f"it lacks {label}.")


def test_all_that_is_missing_is_named_at_once() -> None:
    bare = varied(units=None, **dict.fromkeys(LABELS))
    assert refusal(bare).endswith("it lacks units of length and time, " + ", ".join(LABELS) + ".")


@pytest.mark.parametrize(
    ("scenario", "why"),
    [
        (NANO, "nano is a plane without units: choose nbody"),
        (read_scenario(NANO.to_json() | {"center": "EARTH"}), "nano is a plane"),
        (varied(time_scale="UTC"), "the days of UTC are not equally long"),
        (varied(time_scale="UT1"), "the days of UT1 are not equally long"),
        (varied(units={"length": "1", "time": "s"}), "lacks units of length and time"),
        (varied(center="Erde 🌍"), "rename 'Erde"),
        (varied(agents=[LABELLED["agents"][0] | {"name": "a=b"}]), "rename 'a=b'"),
        (varied(agents=[LABELLED["agents"][0] | {"name": "Mâlo"}]), "rename 'Mâlo'"),
    ],
)
def test_what_an_oem_cannot_hold_is_refused_in_a_sentence(scenario: Scenario, why: str) -> None:
    assert why in refusal(scenario)
    with pytest.raises(RequestError, match=r"^format oem .*\.$"):
        FORMATS["oem"].check(scenario)
    with pytest.raises(RequestError, match=r"^format oem "):
        Message.of(schema(scenario, 5))


def test_states_that_do_not_follow_one_another_are_refused_by_name() -> None:
    span = Span("Sat 1")
    span.add(Instants(EPOCH, np.array([0.0, 1.0]), 1))
    with pytest.raises(RequestError, match="two of Sat 1 are at the same picosecond"):
        span.add(Instants(EPOCH, np.array([1.0]), 1))


def test_dates_of_five_digits_are_refused() -> None:
    with pytest.raises(RequestError, match="year 9999"):
        Span("Sat 1").add(Instants(EPOCH, np.array([0.0, 9e3]), 31_557_600))


def test_positions_beyond_all_numbers_are_refused() -> None:
    message = Message.of(schema(varied(units={"length": "au", "time": "s"}), 5))
    message.check(np.full((1, 7), 1e299))
    with pytest.raises(RequestError, match=r"1\.8e308 km"):
        message.check(np.full((1, 7), 1e302))


def test_a_line_has_sixteen_digits_as_the_standard_allows() -> None:
    message = Message.of(schema(varied(), 5))
    line = message.lines(np.array([[0.5, 1 / 3, -1e-300, 0.0, -0.0, 1e5, 12.0]]))
    assert line == (
        b"2026-01-01T00:00:00.500000000000 3.333333333333333E-01 -1.000000000000000E-300 "
        b"0.000000000000000E+00 -0.000000000000000E+00 1.000000000000000E+05 "
        b"1.200000000000000E+01\n"
    )


def test_the_header_has_no_time_but_the_scenarios() -> None:
    header = Message.of(schema(varied(), 5)).header()
    assert b"\nCREATION_DATE = 2026-01-01T00:00:00\nORIGINATOR = PORTA\n" in header
    assert header.startswith(b"CCSDS_OEM_VERS = 2.0\nCOMMENT Porta ")
