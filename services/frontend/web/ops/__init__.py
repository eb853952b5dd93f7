"""What operators use: liveness, readiness and metrics."""
