"""Metrics against the budget, and the smallest budget that meets thresholds."""
