"""Runs in Redis: who waits for what, who owns it, and what happens to it."""
