"""Who sends a request, what they may start and how much of it, and the audit log."""
