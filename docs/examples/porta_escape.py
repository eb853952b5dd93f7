"""When does it escape: three bodies at rest at the corners of a 3-4-5 triangle (Burrau, 1913)."""

import porta

scenario = {
    "model": "nbody",
    "integrator": "gauss-radau-15",
    "dt": 0.01,
    "tolerance": 1e-9,
    "agents": [
        {"name": "3", "mu": 3, "x": 1, "y": 3, "vx": 0, "vy": 0, "primary": "barycentre"},
        {"name": "4", "mu": 4, "x": -2, "y": -1, "vx": 0, "vy": 0},
        {"name": "5", "mu": 5, "x": 1, "y": -1, "vx": 0, "vy": 0},
    ],
}
run = porta.propagate(100_000, scenario=scenario, stop={"agent": "3", "escape": True})
escape_time = run.escape_times["3"]
