"""Subsets without copies."""
