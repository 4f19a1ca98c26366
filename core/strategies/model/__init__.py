"""Rows from which a model is known best."""
