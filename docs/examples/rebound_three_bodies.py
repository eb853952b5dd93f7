"""Three bodies to a table: where each is at 101 times, computed to the last digits."""

import numpy as np
import pandas as pd
import rebound

simulation = rebound.Simulation()
simulation.integrator = "ias15"
simulation.add(m=1.0)
simulation.add(m=0.001, x=1.0, vy=1.0)
simulation.add(m=0.001, x=-2.0, vy=-0.7)
names, rows = ["Star", "Inner", "Outer"], []
for t in np.linspace(0.0, 100.0, 101):
    simulation.integrate(t)
    for name, body in zip(names, simulation.particles, strict=True):
        rows.append((t, name, body.x, body.y, body.z, body.vx, body.vy, body.vz))
columns = ["t", "agent", "x", "y", "z", "vx", "vy", "vz"]
table = pd.DataFrame(rows, columns=columns)
