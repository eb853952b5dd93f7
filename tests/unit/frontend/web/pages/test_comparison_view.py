from __future__ import annotations

from frontend.web.pages.comparison_view import ComparisonView
from sim.scenario import PropagationRequest, Trajectory

A = PropagationRequest(2_000, Trajectory(), 40)
B = PropagationRequest(1_000, Trajectory(seed=7), 40)


def test_only_what_differs_is_listed() -> None:
    view = ComparisonView((A, B), (None, None))
    assert view.differences == [("Steps", "2,000", "1,000"), ("Seed", "0", "7")]


def test_it_is_complete_when_both_are() -> None:
    view = ComparisonView((A, B), (None, None))
    assert not view.is_complete
    assert view.document == f"/compare/{A.id}/{B.id}/document"
