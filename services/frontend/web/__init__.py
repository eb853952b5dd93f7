"""The Flask application: its pages, its API, its probes and metrics, and who may use them."""
