"""The command line, `porta`."""
