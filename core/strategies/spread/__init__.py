"""Subsets whose rows lie far apart."""
