"""Estimates of totals, means and shares from a subset with design weights, with their uncertainty."""
