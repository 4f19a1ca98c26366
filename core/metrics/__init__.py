"""Metrics: one file per question asked of a subset. Importing this package registers them all."""

from . import covers as covers  # isort: skip
from . import alike as alike  # isort: skip
from . import fair as fair  # isort: skip
from . import diverse as diverse  # isort: skip
from . import clean as clean  # isort: skip
from . import useful as useful  # isort: skip
from . import stable as stable  # isort: skip
from . import cheap as cheap  # isort: skip
from .alike import column_shifts as column_shifts
from .column_distributions import ColumnKind as ColumnKind
from .column_distributions import column_kinds as column_kinds
from .declaration import METRICS as METRICS
from .declaration import QUESTIONS as QUESTIONS
from .declaration import WEIGHTED as WEIGHTED
from .declaration import Metric as Metric
from .declaration import declare_metric as declare_metric
from .measure import measure_many as measure_many
from .measure import missing as missing
from .pool import EVALUATION_ROWS as EVALUATION_ROWS
from .pool import Pool as Pool
from .pool import prepare as prepare
from .predictions import STRATA as STRATA
from .predictions import Predicted as Predicted
from .stable import STABILITY as STABILITY
from .stable import stability as stability
