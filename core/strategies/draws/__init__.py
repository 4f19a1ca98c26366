"""Draws with known chances."""
