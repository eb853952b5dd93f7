"""2,000 members: how many comets are thrown out, whose start is known to five per cent."""

import numpy as np
import rebound

generator = np.random.default_rng(0)
count = 0
for _ in range(2_000):
    simulation = rebound.Simulation()
    simulation.integrator = "leapfrog"
    simulation.dt = 0.01
    simulation.add(m=1.0)
    simulation.add(m=0.01, y=1.0, vx=-1.0)
    vx, vy = generator.normal([0.0, 1.1], 0.05)
    simulation.add(x=1.5, vx=vx, vy=vy)
    simulation.integrate(20.0)
    sun, _, comet = simulation.particles
    relative = comet - sun
    speed2, distance = relative.vx**2 + relative.vy**2, np.hypot(relative.x, relative.y)
    count += speed2 / 2 - 1.0 / distance <= 0
bound = count / 2_000
