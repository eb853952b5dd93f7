from __future__ import annotations

import pytest

from benchmarks import crossover, ways


def test_a_cluster_pays_from_where_the_lines_cross() -> None:
    ours, theirs = {10: 1.0, 20: 5.0, 30: 9.0}, {10: 2.0, 20: 4.0}
    assert crossover.crossing(ours, theirs) == "from about 20 steps on."


def test_a_cluster_that_is_never_faster_is_reported_as_such() -> None:
    assert (
        crossover.crossing({10: 1.0, 20: 2.0}, {10: 2.0, 20: 3.0})
        == "at no number of steps up to 20."
    )


@pytest.mark.parametrize("chapter", ways.CHAPTERS, ids=lambda chapter: chapter.name)
def test_the_page_has_a_row_for_each_way_and_says_what_is_compared(chapter: ways.Chapter) -> None:
    times = {way.name: {count: [0.1, 0.3, 0.2] for count in way.steps} for way in chapter.ways}
    written = crossover.tables(chapter, times)
    for way in chapter.ways:
        assert f"| {way.name} | " in written
    assert "200 ms (100 to 300)" in written
    assert written.count("is faster than") == len(chapter.compared)


@pytest.mark.parametrize("chapter", ways.CHAPTERS, ids=lambda chapter: chapter.name)
def test_the_page_has_a_place_for_what_is_measured(chapter: ways.Chapter) -> None:
    page = crossover.PAGE.read_text(encoding="utf-8")
    begin, end = crossover.marks(chapter)
    assert page.index(begin) < page.index(end)
    for way in chapter.ways:
        assert f"| {way.name} | " in page


def test_a_chapter_that_is_not_known_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        crossover.main(["orbits"])
    assert "chapters are trajectories, ensembles" in capsys.readouterr().err
