"""Whether a difference between strategies is real."""
