"""Strategies: one file each. Importing this package registers them all, in the order shown to people."""

from ._declare import STRATEGIES as STRATEGIES
from ._declare import Cost as Cost
from ._declare import Promises as Promises
from ._declare import Strategy as Strategy
from ._questions import Wish as Wish
from ._variance import Spread as Spread
from ._variance import Variance as Variance

# isort: off
from . import random as random
from . import stratified as stratified
from . import systematic as systematic
from . import pps as pps
from . import cube as cube
from . import entities as entities
from . import temporal as temporal
from . import k_dpp as k_dpp
from . import multi_importance as multi_importance
from . import density as density
from . import minority as minority
from . import self_repellent_walk as self_repellent_walk
from . import leverage as leverage
from . import projection_dpp as projection_dpp
from . import d_optimal as d_optimal
from . import k_center as k_center
from . import farthest_first as farthest_first
from . import facility_location as facility_location
from . import saturated_coverage as saturated_coverage
from . import graph_cut as graph_cut
from . import k_medoids as k_medoids
from . import prototypes as prototypes
from . import cluster as cluster
from . import typiclust as typiclust
from . import probcover as probcover
from . import herding as herding
from . import kernel_thinning as kernel_thinning
from . import greedy_dpp as greedy_dpp
from . import uniformisation as uniformisation
from . import design_points as design_points
from . import deduplicate as deduplicate
from . import semdedup as semdedup
from . import kmq as kmq
from . import dsir as dsir

# isort: on
