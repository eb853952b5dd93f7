"""The models: what moves how. A folder for each, a row in `table`, and what they share."""
