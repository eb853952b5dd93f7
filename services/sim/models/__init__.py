"""The models of motion: a folder for each, and what they share."""
