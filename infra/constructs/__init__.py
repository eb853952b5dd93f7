"""What the stacks are composed of."""
