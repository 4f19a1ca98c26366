"""Cells: the canonical form of values, what text says, row keys and hashes."""
