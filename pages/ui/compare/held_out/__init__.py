"""What can be learned from each subset, on the page."""
