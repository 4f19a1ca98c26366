"""Layout: 2-D coordinates for looking only."""
