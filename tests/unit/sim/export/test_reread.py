from __future__ import annotations

from sim import Propagation, Trajectory
from sim.export.reread import Reread, of_agent


def test_batches_are_the_same_at_each_reading() -> None:
    batches = Reread(Propagation.open(Trajectory(), 100).slices)
    first, second = list(batches), list(batches)
    assert first
    assert all(one.equals(other) for one, other in zip(first, second, strict=True))


def test_the_rows_of_an_agent_are_its_own_in_their_order() -> None:
    batches = list(Propagation.open(Trajectory(), 100).slices())
    assert list(of_agent(batches, None)) == batches
    rows = [row for batch in of_agent(batches, 1) for row in batch.to_pylist()]
    everything = [row for batch in batches for row in batch.to_pylist()]
    assert rows == [row for row in everything if row["agent"] == "Satellite"]
