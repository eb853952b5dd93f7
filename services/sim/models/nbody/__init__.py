"""`nbody`: gravity among points, in space."""
