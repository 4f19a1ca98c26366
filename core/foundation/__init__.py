"""The ground: nothing here knows of rows or subsets."""
