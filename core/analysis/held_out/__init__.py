"""What can be learned from a subset: simple models trained on it, scored on rows that nobody has seen.

A fifth of the rows leave before groups, scores and strategies are made. Each strategy then runs on the rest
at the same fraction, seed by seed; a logistic regression and a vote among nearest neighbours, trained on
what it chose, predict the label of the rows that left. Uniform random subsets of the rest are probed the
same way.
"""

from .intervals import downstream_table as downstream_table
from .intervals import over_seeds as over_seeds
from .intervals import wilson as wilson
from .learning_curve import BAND as BAND
from .learning_curve import FRACTIONS as FRACTIONS
from .learning_curve import Curve as Curve
from .learning_curve import CurveBand as CurveBand
from .learning_curve import curve_band as curve_band
from .learning_curve import curve_seconds as curve_seconds
from .learning_curve import curve_sizes as curve_sizes
from .learning_curve import fit_seconds as fit_seconds
from .learning_curve import learning_curve as learning_curve
from .learning_curve import nearest_size as nearest_size
from .learning_result import Learning as Learning
from .learning_result import learn as learn
from .learning_result import learn_study as learn_study
from .probes import PENALTY as PENALTY
from .probes import VOTERS as VOTERS
from .probes import logistic as logistic
from .probes import nearest_codes as nearest_codes
from .probes import predict as predict
from .probes import vote as vote
from .probes import voters as voters
from .scores import by_logistic as by_logistic
from .scores import by_neighbours as by_neighbours
from .scores import downstream_metrics as downstream_metrics
from .scores import probe_band as probe_band
from .scores import probe_values as probe_values
from .scores import reliability as reliability
from .scores import score as score
from .scores import score_many as score_many
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
