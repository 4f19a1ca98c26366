"""Metrics against the budget, on the page."""
