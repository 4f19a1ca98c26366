"""Subsets that resemble a target."""
