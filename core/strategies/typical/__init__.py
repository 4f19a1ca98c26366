"""Subsets that stand for the rows around them."""
