"""The results that `porta.propagate` returns, and the tables that they are read as.

asked        what a result says of what was asked for
propagation  one run
records      its records as tables
ensemble     many members
members      the table of an ensemble's members, read as it is needed
selection    which records, or states at which times
tables       batches as one table, bounded
conversions  a table as other libraries have it
saving       results as files
parts        a run as a folder of Parquet parts
verifying    results, computed again
elements     osculating elements at times
series       quantities over time
"""
