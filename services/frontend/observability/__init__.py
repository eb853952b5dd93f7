"""What a process tells of itself: log lines, their context, and the metrics it counts."""
