"""Drawings of results: inline SVG for notebooks, and axes of matplotlib where it is installed.

frames       paths of agents, seen from a point of view
svg          paths and curves as small inline SVG
card         what a notebook shows of a result
axes         the same with matplotlib
"""
