"""Paired tests: whether strategies differ in what can be learned from what they choose."""
