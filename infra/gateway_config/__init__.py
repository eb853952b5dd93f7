"""The Dask Gateway's configuration: a Python module that its chart receives as text."""
