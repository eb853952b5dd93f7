"""Claims about the data of charts over time: names, documents and choices of agents."""

from __future__ import annotations

from typing import get_type_hints

import pytest

from sim import NANO, Propagation, Trajectory
from sim.engine.series_data import (
    SERIES,
    AgentSeries,
    SeriesDocument,
    charted,
    chosen,
)
from sim.errors import RequestError
from sim.presets import preset

PLANET, SATELLITE = 0, 1
OF_AN_AGENT = {"name", "primary", "gravity", "t0", "t1", "start", "last"}


def test_a_document_has_the_members_that_its_type_declares() -> None:
    document = Propagation.open(Trajectory(), 500).series()
    assert set(document) == set(get_type_hints(SeriesDocument))
    assert set(get_type_hints(AgentSeries)) == OF_AN_AGENT | set(SERIES)


def test_an_agent_has_the_quantities_that_are_asked_for_and_that_it_has() -> None:
    propagation = Propagation.open(Trajectory(), 500)
    document = propagation.series(agents=(PLANET, SATELLITE), quantities=("x", "r", "ecc"))
    planet, satellite = (set(agent) - OF_AN_AGENT for agent in document["agents"])
    assert (planet, satellite) == ({"x"}, {"x", "r", "ecc"})


def test_charts_show_who_has_a_primary_if_nobody_chooses() -> None:
    assert charted(NANO) == [SATELLITE]
    assert charted(preset("pythagorean").scenario) == [0, 1, 2]


def test_agents_are_chosen_by_their_number_each_once() -> None:
    assert chosen(NANO, (1, 0, 1)) == [1, 0]
    with pytest.raises(RequestError, match="numbers from 0 to 1"):
        chosen(NANO, (2,))
