"""Conditions on rows, evaluated in a child process."""
