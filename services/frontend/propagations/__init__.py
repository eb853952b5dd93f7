"""What can be asked about a propagation: it is found, started, opened, or removed."""
