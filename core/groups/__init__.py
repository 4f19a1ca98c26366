"""Groups: found by a clusterer or read from a column. Importing this package registers the clusterers."""

from . import centres as centres
from . import density as density
