"""What can be learned from a subset: simple models trained on it, scored on rows that nobody has seen.

A fifth of the rows leave before groups, scores and strategies are made. Each strategy then runs on the rest
at the same fraction, seed by seed; a logistic regression and a vote among nearest neighbours, trained on
what it chose, predict the label of the rows that left. Uniform random subsets of the rest are probed the
same way.
"""

from .curve import BAND as BAND
from .curve import FRACTIONS as FRACTIONS
from .curve import Curve as Curve
from .curve import CurveBand as CurveBand
from .curve import curve_band as curve_band
from .curve import curve_seconds as curve_seconds
from .curve import curve_sizes as curve_sizes
from .curve import fit_seconds as fit_seconds
from .curve import learning_curve as learning_curve
from .curve import nearest_size as nearest_size
from .intervals import downstream_table as downstream_table
from .intervals import over_seeds as over_seeds
from .intervals import wilson as wilson
from .learning import Learning as Learning
from .learning import learn as learn
from .learning import learn_study as learn_study
from .models import PENALTY as PENALTY
from .models import VOTERS as VOTERS
from .models import logistic as logistic
from .models import nearest_codes as nearest_codes
from .models import predict as predict
from .models import vote as vote
from .models import voters as voters
from .split import CLASSES as CLASSES
from .split import HELD_OUT as HELD_OUT
from .split import NEAR_ROWS as NEAR_ROWS
from .split import STREAM as STREAM
from .split import Probe as Probe
from .split import Split as Split
from .split import holdout as holdout
from .split import probe_of as probe_of
from .split import split_rows as split_rows
from .split import split_study as split_study
from .split import tied as tied
from .split import together as together
from .split import units_of as units_of
from .values import by_logistic as by_logistic
from .values import by_neighbours as by_neighbours
from .values import downstream_metrics as downstream_metrics
from .values import probe_band as probe_band
from .values import probe_values as probe_values
from .values import reliability as reliability
from .values import score as score
from .values import score_many as score_many
