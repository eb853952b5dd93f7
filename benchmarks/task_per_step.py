"""The simulation with Dask as it is first tried: two tiny delayed tasks for every step."""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING

from dask.delayed import delayed
from distributed import Client, LocalCluster

from benchmarks.naive import ListStore, Universe, random_numbers, step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim import NanoScenario


@contextlib.contextmanager
def local_cluster() -> Iterator[Client]:
    """Have a cluster of one worker process on this machine, ready."""
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster) as client,
    ):
        yield client


def merged(records: list[Universe]) -> Universe:
    """Return the newest state of each agent."""
    return {name: state for record in records for name, state in record.items()}


def simulate(
    client: Client, scenario: NanoScenario, seed: int, iterations: int
) -> ListStore[Universe]:
    """Return the store after so many iterations, each step's two tasks computed on the cluster."""
    store = ListStore[Universe]()
    store[-math.inf, 0.0] = {agent.name: agent.state.to_json() for agent in scenario.agents}
    clocks = dict.fromkeys(scenario.names, 0.0)
    draws = random_numbers(scenario, seed)
    for _ in range(iterations):
        for name, t in clocks.items():
            hits = store[t - scenario.epsilon]
            if len(merged(hits)) == len(clocks):
                universe = delayed(merged)(hits)
                state = delayed(step)(scenario, name, universe, float(draws[name].random()))
                moved = client.compute(state).result()
                clocks[name] = moved[name]["time"]
                store[t, clocks[name]] = moved
    return store
