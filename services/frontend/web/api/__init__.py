"""`/api/v1`: the interface for programs, and its description."""
