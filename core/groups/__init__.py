"""Groups: subpopulations found by a clusterer or read from a column."""

from .centres import kmeans
from .declaration import CLUSTERERS, Clusterer, Clustering
from .density import hdbscan
from .make import NOISE, make_groups
from .spec import GroupSpec

__all__ = ["CLUSTERERS", "NOISE", "Clusterer", "Clustering", "GroupSpec", "hdbscan", "kmeans", "make_groups"]
