"""The charts that the stacks deploy: Porta's own, and what those of others are given."""
