"""Porta on Kubernetes: two CDKTF stacks, `infra-base` and `infra-apps`."""
