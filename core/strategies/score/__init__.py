"""Draws led by a score."""
