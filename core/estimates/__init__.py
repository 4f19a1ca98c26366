"""Estimates of totals, means and shares from a subset with design weights, with their uncertainty."""

from ._claims import estimate_selection as estimate_selection
from ._claims import estimate_study as estimate_study
from ._claims import why_not as why_not
from ._fits import Estimator as Estimator
from ._intervals import Claim as Claim
from ._points import Raked as Raked
from ._points import greg_factors as greg_factors
from ._points import rake as rake
from ._variance import Sampling as Sampling
from ._variance import sampling_variance as sampling_variance
from ._words import sentence as sentence
from ._words import shown as shown
from ._words import subject as subject
