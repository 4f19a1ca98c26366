"""Subsets along an order or in time."""
