"""Estimates of totals, means and shares from a subset with design weights, with their uncertainty."""

from .calibration import Raked as Raked
from .calibration import greg_factors as greg_factors
from .calibration import rake as rake
from .claims import estimate_selection as estimate_selection
from .claims import estimate_study as estimate_study
from .claims import why_not as why_not
from .fits import Estimator as Estimator
from .intervals import Claim as Claim
from .sentences import sentence as sentence
from .sentences import shown as shown
from .sentences import subject as subject
from .variance import Sampling as Sampling
from .variance import sampling_variance as sampling_variance
