"""When does it escape: three bodies at rest at the corners of a 3-4-5 triangle (Burrau, 1913)."""

import rebound

simulation = rebound.Simulation()
simulation.integrator = "ias15"
simulation.add(m=3, x=1, y=3)
simulation.add(m=4, x=-2, y=-1)
simulation.add(m=5, x=1, y=-1)
unbound_steps, escape_time = 0, 0.0
while unbound_steps < 1_000:
    light = simulation.particles[0]
    about = simulation.com(first=1)  # the barycentre of the two heavier ones
    x, y, vx, vy = (getattr(light, c) - getattr(about, c) for c in ("x", "y", "vx", "vy"))
    energy = (vx**2 + vy**2) / 2 - (light.m + about.m) / (x**2 + y**2) ** 0.5
    if energy <= 0:
        unbound_steps = 0
    elif unbound_steps == 0:
        escape_time = simulation.t
    unbound_steps += energy > 0
    simulation.steps(1)
