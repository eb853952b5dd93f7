"""The models: what moves how. A folder each, and a row in `table`."""
