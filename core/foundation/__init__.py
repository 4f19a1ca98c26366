"""Errors, progress, store, jobs, child processes, functions on arrays: nothing here knows a data set."""
