"""2,000 members: how many comets are thrown out, whose start is known to five per cent."""

import porta

scenario = {
    "model": "nbody",
    "integrator": "leapfrog",
    "dt": 0.01,
    "agents": [
        {"name": "Sun", "mu": 1.0, "x": 0.0, "y": 0.0, "vx": 0.0, "vy": 0.0},
        {"name": "Jupiter", "mu": 0.01, "x": 0.0, "y": 1.0, "vx": -1.0, "vy": 0.0},
        {"name": "Comet", "mu": 0.0, "x": 1.5, "y": 0.0, "vx": 0.0, "vy": 1.1},
    ],
}
spread = [{"agent": "Comet", "sigma": {"vx": 0.05, "vy": 0.05}}]
ensemble = porta.propagate(2_000, scenario=scenario, members=2_000, dispersion=spread)
bound = ensemble.survival("Comet").to_pandas()["fraction"].iloc[-1]
