"""Three bodies to a table: where each is at 101 times, computed to the last digits."""

import numpy as np

import porta

scenario = {
    "model": "nbody",
    "integrator": "gauss-radau-15",
    "dt": 0.01,
    "agents": [
        {"name": "Star", "mu": 1.0, "x": 0.0, "y": 0.0, "vx": 0.0, "vy": 0.0},
        {"name": "Inner", "mu": 0.001, "x": 1.0, "y": 0.0, "vx": 0.0, "vy": 1.0},
        {"name": "Outer", "mu": 0.001, "x": -2.0, "y": 0.0, "vx": 0.0, "vy": -0.7},
    ],
}
run = porta.propagate(until=100.0, scenario=scenario)
table = run.states(np.linspace(0.0, 100.0, 101)).to_pandas()
