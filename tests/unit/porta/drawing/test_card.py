from __future__ import annotations

from html.parser import HTMLParser

import pytest

import porta
from sim.presets import NAMES


class Tags(HTMLParser):
    """Collects tags, attributes and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: set[str] = set()
        self.tags: set[str] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "br":
            self.open.append(tag)
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def html_of(result: porta.Propagation | porta.Ensemble | porta.Members) -> Tags:
    html = result._repr_html_()
    assert len(html) < 100_000
    tags = Tags(html)
    assert tags.open == []
    assert tags.tags.isdisjoint({"script", "style", "link", "img", "iframe"})
    assert not {
        name for name in tags.attributes if name.startswith("on") or name in {"href", "src"}
    }
    return tags


@pytest.mark.parametrize("name", NAMES)
def test_every_preset_has_a_card_that_loads_and_runs_nothing(name: str) -> None:
    text = html_of(porta.propagate(50, preset=name)).text
    assert "steps50" in text


def test_a_run_says_where_it_ended_and_what_became_of_each_orbit() -> None:
    bound, escaped = porta.propagate(500), porta.propagate(300_000)
    assert ", bound" in html_of(bound).text
    assert "escapes at" in html_of(escaped).text
    assert "until all have escaped" in html_of(escaped).text


def test_names_are_text_and_no_markup() -> None:
    scenario = porta.propagate(1).scenario
    scenario["agents"][1]["name"] = "<script>alert(1)</script>"
    tags = html_of(porta.propagate(10, scenario=scenario))
    assert "<script>alert(1)</script> about Planet" in tags.text


def test_an_ensemble_says_how_many_are_bound_and_what_became_of_them() -> None:
    ensemble = porta.propagate(200, members=20)
    text = html_of(ensemble).text
    assert "bound at the end: 20 of 20" in text
    assert ensemble.sentence in text


def test_members_show_their_first_rows_and_how_many_there_are() -> None:
    members = porta.propagate(200, members=20).members
    assert "40 rows, of which the first 8" in html_of(members).text
    assert "0 rows" in html_of(members.where(outcome="collision")).text
    assert "20 rows" in html_of(members.where(agent="Satellite")).text
