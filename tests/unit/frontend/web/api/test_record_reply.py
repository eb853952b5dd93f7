from __future__ import annotations

import math

import pytest

from frontend.errors import BadRequest
from frontend.web.api.record_reply import window_of


def test_a_window_is_unbounded_where_nothing_is_said() -> None:
    assert window_of({"t0": None, "t1": None}) == (-math.inf, math.inf)
    assert window_of({"t0": 1.0, "t1": None}) == (1.0, math.inf)


@pytest.mark.parametrize(("t0", "t1"), [(1.0, 1.0), (2.0, 1.0)])
def test_a_window_without_length_is_refused(t0: float, t1: float) -> None:
    with pytest.raises(BadRequest, match="smaller"):
        window_of({"t0": t0, "t1": t1})
