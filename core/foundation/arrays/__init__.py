"""Functions on arrays: distances, the neighbour graph, paired statistics, bends, lassos."""
