"""Who sends a request, what they may do, how much of it, and the log of what they did."""
