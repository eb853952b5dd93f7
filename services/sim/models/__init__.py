"""The models: each a folder with its scenario, its reference and its kernel."""
