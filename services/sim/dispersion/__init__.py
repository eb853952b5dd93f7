"""Dispersions: how the initial states of an ensemble's members are spread about the scenario's.

An agent's spread is a standard deviation for each component of its state, or a covariance matrix;
in the scenario's axes, or in those of its own motion about its primary (radial, transverse,
normal: `rtn`). Each member's offset is made of canonical normal numbers (`sim.normals`).

covariance  the triangular factor of a covariance matrix
frame       the axes of an agent's motion about its primary
spread      the spread of one agent
reading     spreads from JSON, in canonical form
dispersion  the spreads of all agents, and the members that they make

docs/ensembles.md explains them.
"""

from sim.dispersion.dispersion import NO_DISPERSION, Dispersion

__all__ = ["NO_DISPERSION", "Dispersion"]
