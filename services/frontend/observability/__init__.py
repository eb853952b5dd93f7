"""Log lines, their context, and the metrics of a process."""
