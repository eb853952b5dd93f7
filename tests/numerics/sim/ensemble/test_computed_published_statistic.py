"""The published statistic of `nano`'s default scenario: half of the satellites are gone by then."""

from __future__ import annotations

import numpy as np

from sim.ensemble.computed import compute
from sim.scenario import PropagationRequest, Trajectory


def test_half_of_2_000_satellites_have_escaped_by_60_000_to_90_000_steps() -> None:
    ensemble = compute(PropagationRequest(150_000, Trajectory(seed=0), 2_000))
    escape = ensemble.table().column("escape_at").to_numpy()[1::2]  # null is nan here
    escaped = np.where(np.isnan(escape), np.inf, escape)
    assert escaped.size == 2_000
    median = np.quantile(escaped, 0.5, method="inverted_cdf")
    assert 60_000 < median < 90_000
    # The summary says the same, by the lower edge of a bin 1/128 of it wide.
    told = ensemble.document()["agents"]["Satellite"]["escape"]
    assert median * 127 / 128 < told["quantiles"]["50"] <= median
    of_member = escaped[told["members"]["50"]]
    assert told["quantiles"]["50"] <= of_member < told["quantiles"]["50"] * 129 / 128
