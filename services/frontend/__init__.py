"""The web, the runner and the command line around the propagation engine."""
