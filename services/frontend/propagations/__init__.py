"""The application service: propagations are found, started, opened and removed."""
