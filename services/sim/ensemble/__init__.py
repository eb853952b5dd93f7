"""Ensembles: blocks of members, what is kept of them, and how it is reduced.

grid        the iterations after which members are measured, and spans of time
binning     the bins of values about the nominal's, and their edges
packing     arrays as bytes, canonical and compressed
histograms  sparse counts of bins, side by side
members     members as arrays: their start, and their bytes
endings     the exact end of members whose trajectory ends
passing     passes over members in batches, through segments of the iterations
density     positions counted in the cells of a picture
statistics  what is kept of one analysed agent
nominal     the trajectory that members are binned about
block       what is kept of some consecutive members
planning    the division of members into blocks
local       blocks on threads of this process
quantiles   quantiles, and members to look at, from counts
proportions intervals of proportions and of their differences
sentence    what became of the members, in words
summary     the document of an ensemble: all that is shown of it
population  what is known so far, from blocks in any order
table       a row for each member and agent
paging      pages of the table, chosen and sorted
whole_table the whole table, chosen and sorted
orbit_line  the orbit on which the nominal run starts, as a line
comparison  two ensembles on one grid
computed    an ensemble in one call
warming     the compiled code, loaded before it is needed
"""

from __future__ import annotations

from sim.ensemble.block import Block, compute_block, most_members
from sim.ensemble.density import Density
from sim.ensemble.grid import grid_iterations
from sim.ensemble.nominal import Nominal, nominal_of
from sim.ensemble.statistics import AgentStatistics

__all__ = [
    "AgentStatistics",
    "Block",
    "Density",
    "Nominal",
    "compute_block",
    "grid_iterations",
    "most_members",
    "nominal_of",
]
