from __future__ import annotations

from benchmarks import crossover, ways


def test_a_cluster_pays_from_where_the_lines_cross() -> None:
    ours, theirs = {10: 1.0, 20: 5.0, 30: 9.0}, {10: 2.0, 20: 4.0}
    assert crossover.crossing(ours, theirs) == "from about 20 steps on."


def test_a_cluster_that_is_never_faster_is_reported_as_such() -> None:
    assert (
        crossover.crossing({10: 1.0, 20: 2.0}, {10: 2.0, 20: 3.0}) == "at no step count up to 20."
    )


def test_the_page_has_a_row_for_each_way_and_says_what_is_compared() -> None:
    times = {way.name: {steps: [0.1, 0.3, 0.2] for steps in way.steps} for way in ways.WAYS}
    written = crossover.tables(times)
    for way in ways.WAYS:
        assert f"| {way.name} | " in written
    assert "200 ms (100 to 300)" in written
    assert written.count("is faster than") == len(ways.COMPARED)


def test_the_page_has_a_place_for_what_is_measured() -> None:
    page = crossover.PAGE.read_text(encoding="utf-8")
    assert page.index(crossover.BEGIN) < page.index(crossover.END)
    for way in ways.WAYS:
        assert f"| {way.name} | " in page
