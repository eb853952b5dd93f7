from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import ScenarioError
from sim.models.labels import FRAMES, LABEL_SCHEMAS, LABELS, TIME_SCALES, Epoch, Labels
from sim.presets import NAMES, preset
from sim.scenario import NANO, PropagationRequest, Trajectory, read_scenario
from tests.unit.sim.strategies import epochs, jsonlike, labels

GIVEN = {
    "epoch": "2026-01-01T00:00:00",
    "time_scale": "TDB",
    "frame": "ICRF",
    "center": "EARTH",
}


@given(epochs)
def test_the_text_of_an_epoch_reads_back_to_it(epoch: Epoch) -> None:
    assert Epoch.parse(epoch.text) == epoch


@given(st.datetimes(), st.integers(0, 6))
def test_a_date_is_that_of_the_calendar_however_many_zeros_end_it(at: datetime, zeros: int) -> None:
    text = at.isoformat(timespec="microseconds") + "0" * zeros
    whole, microsecond = divmod((at - datetime.min) // timedelta(microseconds=1), 10**6)  # noqa: DTZ901 - no zone
    assert Epoch.parse(text) == (whole, microsecond * 10**6)


@given(st.dates())
def test_a_day_of_the_year_is_the_same_day(day: date) -> None:
    by_year = day.strftime("%j")
    assert Epoch.parse(f"{day.year:04}-{by_year}T00:00:00") == Epoch.parse(f"{day}T00:00:00")


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-01",
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00+01:00",
        "2026-01-01 00:00:00",
        "2026-01-01T24:00:00",
        "2026-01-01T00:60:00",
        "2016-12-31T23:59:60",
        "2026-02-29T00:00:00",
        "2025-366T00:00:00",
        "2026-000T00:00:00",
        "9999-366T00:00:00",
        "0000-01-01T00:00:00",
        "2026-01-01T00:00:00.0000000000001",
        "2026-01-01T00:00:00.",
        "٢٠٢٦-01-01T00:00:00",
        "2026-01-01T00:00:00.1" + "0" * 1_000_000,
        20260101,
    ],
)
def test_what_is_no_date_and_time_without_a_zone_is_refused(text: object) -> None:
    with pytest.raises(ScenarioError, match="epoch must be"):
        Labels.of(GIVEN | {"epoch": text})


@given(labels())
def test_labels_read_back_from_their_json(drawn: Labels) -> None:
    assert Labels.of(drawn.to_json()) == drawn
    assert bool(drawn) == bool(drawn.to_json())


@given(st.dictionaries(st.sampled_from(LABELS), jsonlike() | st.sampled_from(list(GIVEN.values()))))
def test_other_values_are_labels_or_refused_in_a_sentence(fields: dict[str, object]) -> None:
    refusal = None
    try:
        read = Labels.of(fields)
    except ScenarioError as error:
        refusal = error
    if refusal is None:
        assert read.to_json().keys() == fields.keys()
    else:
        assert refusal.where in LABELS
        assert str(refusal).endswith(".")
        assert len(str(refusal)) < 300


@pytest.mark.parametrize("missing", ["epoch", "time_scale"])
def test_an_epoch_and_its_time_scale_come_together(missing: str) -> None:
    with pytest.raises(ScenarioError, match=f"{missing} must stand beside"):
        Labels.of({name: GIVEN[name] for name in GIVEN if name != missing})


def test_a_frame_that_rotates_is_refused_with_the_reason() -> None:
    with pytest.raises(ScenarioError, match=r"frame can't be ITRF2000, which rotates"):
        Labels(frame="ITRF2000")


def test_equal_epochs_make_equal_scenarios() -> None:
    one, other = (
        read_scenario(NANO.to_json() | GIVEN | {"epoch": epoch})
        for epoch in ("2026-01-01T00:00:00", "2026-001T00:00:00.000")
    )
    assert one == other
    assert Trajectory(one).digest == Trajectory(other).digest


@pytest.mark.parametrize("name", NAMES)
def test_labels_are_part_of_the_identity_only_where_they_are_given(name: str) -> None:
    plain = preset(name).scenario
    assert not plain.labels
    assert not plain.to_json().keys() & set(LABELS)
    labelled = read_scenario(plain.to_json() | GIVEN)
    assert labelled.labels == Labels(**GIVEN)
    assert labelled.to_json() == plain.to_json() | GIVEN
    ids = {PropagationRequest(5, Trajectory(of)).id for of in (plain, labelled)}
    assert len(ids) == 2


def test_the_schema_of_a_scenario_describes_each_label() -> None:
    for model in (NANO.model, preset("circular").scenario.model):
        for name in LABELS:
            assert model.schema["properties"][name] == LABEL_SCHEMAS[name]
            assert name not in model.schema["required"]
    assert LABEL_SCHEMAS["time_scale"]["enum"] == list(TIME_SCALES)
    assert LABEL_SCHEMAS["frame"]["enum"] == list(FRAMES)
