"""The two stacks: `infra-base` and `infra-apps`, which is deployed after it."""
