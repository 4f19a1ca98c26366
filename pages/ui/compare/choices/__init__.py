"""What a comparison is asked for: rows, budget, strategies."""
