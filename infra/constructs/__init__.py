"""Constructs that the stacks are composed of."""
