"""Strategies side by side at one budget, beside the random band."""
