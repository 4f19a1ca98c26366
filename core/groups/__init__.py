"""Groups: subpopulations found by a clusterer or read from a column."""

from ._declare import CLUSTERERS, Clusterer, Clustering
from .centres import kmeans
from .density import hdbscan
from .make import NOISE, make_groups
from .spec import GroupSpec

__all__ = ["CLUSTERERS", "NOISE", "Clusterer", "Clustering", "GroupSpec", "hdbscan", "kmeans", "make_groups"]
