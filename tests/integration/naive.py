"""The simulation as its description says it, and nothing else: the judge of the whole path.

Written from the text alone, in plain Python with lists and dictionaries, and with numpy for
nothing but its Philox. It shares no line with the engine that it judges.
"""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

Record = list[Any]  # [t0, t1, {agent: {time, timeStep, x, y, vx, vy}}]

NANO: dict[str, Any] = {
    "agents": [
        {
            "name": "Planet",
            "mu": 1,
            "time": 0,
            "timeStep": 0.01,
            "x": 0,
            "y": 0.1,
            "vx": 0.1,
            "vy": 0,
        },
        {
            "name": "Satellite",
            "mu": 0,
            "time": 0,
            "timeStep": 0.01,
            "x": 0,
            "y": 1,
            "vx": 1,
            "vy": 0,
        },
    ],
    "dt_min": 0.01,
    "dt_span": 0.09,
    "epsilon": 0.001,
}
QUANTITIES = ("time", "timeStep", "x", "y", "vx", "vy")


def simulate(
    steps: int, seed: int = 0, scenario: dict[str, Any] = NANO, member: int = 0
) -> list[Record]:
    """All records of `steps` iterations, in the order of computation."""
    agents = scenario["agents"]
    start = {a["name"]: {q: float(a[q]) for q in QUANTITIES} for a in agents}
    records: list[Record] = [[-math.inf, 0.0, start]]
    store = {name: [(-math.inf, 0.0, state)] for name, state in start.items()}
    draws = [
        np.random.Generator(
            np.random.Philox(
                key=np.array([seed, number], dtype=np.uint64),
                counter=np.array([0, 0, 0, member], dtype=np.uint64),
            )
        )
        for number in range(len(agents))
    ]
    for _ in range(steps):
        for number, agent in enumerate(agents):
            name = agent["name"]
            t = store[name][-1][2]["time"]
            universe = {a["name"]: _read(store[a["name"]], t - scenario["epsilon"]) for a in agents}
            if all(state is not None for state in universe.values()):
                u = float(draws[number].random())
                state = _step(name, universe, agents, scenario["dt_min"] + u * scenario["dt_span"])
                store[name].append((t, state["time"], state))
                records.append([t, state["time"], {name: state}])
    return records


def _read(records: list[tuple[float, float, dict[str, float]]], q: float) -> Any:  # noqa: ANN401
    """The newest record that holds q; an agent's records follow one another without a gap."""
    for low, high, state in reversed(records):
        if low <= q < high:
            return state
        if high <= q:
            return None
    return None


def _step(
    name: str, universe: dict[str, Any], agents: list[dict[str, Any]], time_step: float
) -> dict[str, float]:
    """One step of an agent; the others are where the agent sees them."""
    me = universe[name]
    x, y, vx, vy, h = me["x"], me["y"], me["vx"], me["vy"], me["timeStep"]
    ax = ay = 0.0
    for other in agents:
        mu = float(other["mu"])
        if other["name"] == name or mu == 0:
            continue
        dx = universe[other["name"]]["x"] - x
        dy = universe[other["name"]]["y"] - y
        r2 = dx * dx + dy * dy
        r3 = r2 * math.sqrt(r2)
        ax += mu * dx / r3
        ay += mu * dy / r3
    vx += ax * h
    vy += ay * h
    x += vx * h
    y += vy * h
    return {"time": me["time"] + h, "timeStep": time_step, "x": x, "y": y, "vx": vx, "vy": vy}


def rows(records: list[Record]) -> int:
    """How many rows these are in a table: the first record holds every agent."""
    return sum(len(states) for _t0, _t1, states in records)


def read_data_js(text: str) -> list[Record]:
    """The records of a `data.js`; Python's JSON reader takes `-Infinity` as JavaScript does."""
    head, _, body = text.partition("=")
    if head.strip() != "data":
        raise ValueError(f"not a data.js: it begins with {head[:40]!r}")
    records: list[Record] = json.loads(body.strip().removesuffix(";"))
    return records
