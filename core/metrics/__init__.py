"""Metrics: one file per question asked of a subset. Importing this package registers them all."""

from . import covers as covers  # isort: skip
from . import alike as alike  # isort: skip
from . import fair as fair  # isort: skip
from . import diverse as diverse  # isort: skip
from . import clean as clean  # isort: skip
from . import useful as useful  # isort: skip
from . import stable as stable  # isort: skip
from . import cheap as cheap  # isort: skip
