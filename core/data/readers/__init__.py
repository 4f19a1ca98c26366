"""From a file of any kind to a raw table."""
