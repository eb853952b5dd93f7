"""The Flask application: pages, API, and what operators ask, with those who may use them."""
