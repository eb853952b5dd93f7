"""The Dask Gateway's configuration: real Python, which the chart is given as text."""
