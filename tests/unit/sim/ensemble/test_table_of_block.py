"""From a block of members in lanes to the summary and the table, against members run one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pytest

from sim.ensemble.block import compute_block
from sim.ensemble.nominal import nominal_of
from sim.ensemble.summary import summary_of
from sim.ensemble.table import table_of
from sim.scenario import PropagationRequest, Trajectory
from tests.unit.sim.ensemble.runs import members_of_runs
from tests.unit.sim.scenarios import THREE

if TYPE_CHECKING:
    from sim.ensemble.block import Block

REQUEST: Final = PropagationRequest(200, Trajectory(THREE, 4), 9)


@pytest.fixture(scope="module")
def block() -> Block:
    return compute_block(REQUEST, nominal_of(REQUEST), 0, 9)


def test_a_block_has_the_rows_of_its_members_runs(block: Block) -> None:
    alone = table_of(REQUEST, 0, members_of_runs(REQUEST, 0, 9))
    assert table_of(REQUEST, 0, block.members(REQUEST)).equals(alone)


def test_the_summary_agrees_with_the_table(block: Block) -> None:
    count = len(REQUEST.analysed)
    told = summary_of(
        REQUEST,
        nominal_of(REQUEST),
        [block.statistics(j) for j in range(count)],
        [block.density(j) for j in range(count)],
    )
    rows = table_of(REQUEST, 0, block.members(REQUEST)).to_pylist()
    for name, agent in told["agents"].items():
        mine = [row for row in rows if row["agent"] == name]
        outcomes = [row["outcome"] for row in mine]
        assert agent["outcomes"] == {
            outcome: outcomes.count(outcome) for outcome in agent["outcomes"]
        }
        closest = np.quantile([row["closest"] for row in mine], 0.5, method="inverted_cdf")
        assert agent["closest"]["quantiles"]["50"] <= closest
        assert closest <= agent["closest"]["quantiles"]["50"] * (1 + 1 / 128)
        samples = 9 * (REQUEST.steps // 16)
        assert agent["density"]["inside"] + agent["density"]["outside"] == samples
