"""Claims about the parameters of the API: what is described is what can be asked for."""

from __future__ import annotations

from frontend.web.api.parameters import MAX_DRAWN, OVERVIEW, RECORDS
from frontend.web.http.query_params import REQUEST
from frontend.web.http.record_stream import API_FORMATS
from sim.engine import SHOWN_AGENTS

NAMED = {parameter.name: parameter for parameter in (*RECORDS, *OVERVIEW)}


def test_each_format_is_described_and_what_is_sent_without_one() -> None:
    choice = NAMED["format"]
    assert choice.schema()["enum"] == list(API_FORMATS)
    assert choice.default is None, "the header Accept counts then"
    assert "what `Accept` prefers, or `json`" in choice.description
    for name, form in API_FORMATS.items():
        assert f"`{name}` ({form.description})" in choice.description


def test_every_operation_on_one_propagation_takes_what_completes_its_id() -> None:
    assert RECORDS[: len(REQUEST)] == OVERVIEW[: len(REQUEST)] == REQUEST


def test_the_defaults_of_an_overview_are_within_its_limit() -> None:
    assert NAMED["pixels"].default * NAMED["agents"].default <= MAX_DRAWN
    assert NAMED["agents"].default == SHOWN_AGENTS
    assert str(MAX_DRAWN) in NAMED["agents"].description
