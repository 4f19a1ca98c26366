"""Strategies: one file each. Importing this package registers them all, in the order shown to people."""

# isort: off
from .draws import random as random
from .draws import stratified as stratified
from .draws import systematic as systematic
from .draws import pps as pps
from .draws import cube as cube
from .draws import entities as entities
from .order import temporal as temporal
from .spread import k_dpp as k_dpp
from .draws import multi_importance as multi_importance
from .draws import density as density
from .score import minority as minority
from .spread import self_repellent_walk as self_repellent_walk
from .model import leverage as leverage
from .spread import projection_dpp as projection_dpp
from .model import d_optimal as d_optimal
from .spread import k_center as k_center
from .spread import farthest_first as farthest_first
from .typical import facility_location as facility_location
from .typical import saturated_coverage as saturated_coverage
from .typical import graph_cut as graph_cut
from .typical import k_medoids as k_medoids
from .typical import prototypes as prototypes
from .typical import cluster as cluster
from .typical import typiclust as typiclust
from .typical import probcover as probcover
from .typical import herding as herding
from .typical import kernel_thinning as kernel_thinning
from .spread import greedy_dpp as greedy_dpp
from .spread import uniformisation as uniformisation
from .model import design_points as design_points
from .redundancy import deduplicate as deduplicate
from .redundancy import semdedup as semdedup
from .score import kmq as kmq
from .target import dsir as dsir

# isort: on
