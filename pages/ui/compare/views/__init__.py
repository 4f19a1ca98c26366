"""Views of a run: its groups, rows, differences, metrics, estimates."""
