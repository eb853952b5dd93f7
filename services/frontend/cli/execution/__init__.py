"""Where `porta propagate` computes: in this process, on a cluster of its own, or by a runner."""
