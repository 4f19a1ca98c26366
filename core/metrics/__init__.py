"""Metrics: one file per question asked of a subset. Importing this package registers them all."""

from . import covers as covers  # isort: skip
from . import alike as alike  # isort: skip
from . import fair as fair  # isort: skip
from . import diverse as diverse  # isort: skip
from . import clean as clean  # isort: skip
from . import useful as useful  # isort: skip
from . import stable as stable  # isort: skip
from . import cheap as cheap  # isort: skip
from ._columns import ColumnKind as ColumnKind
from ._columns import column_kinds as column_kinds
from ._declare import METRICS as METRICS
from ._declare import QUESTIONS as QUESTIONS
from ._declare import WEIGHTED as WEIGHTED
from ._declare import Metric as Metric
from ._declare import declare_metric as declare_metric
from ._measure import measure_many as measure_many
from ._measure import missing as missing
from ._pool import EVALUATION_ROWS as EVALUATION_ROWS
from ._pool import Pool as Pool
from ._pool import prepare as prepare
from ._predicted import STRATA as STRATA
from ._predicted import Predicted as Predicted
from .alike import column_shifts as column_shifts
from .stable import STABILITY as STABILITY
from .stable import stability as stability
