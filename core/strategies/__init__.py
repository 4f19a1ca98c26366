"""Strategies: one file each. Importing this package registers them all, in the order shown to people."""

from ._declare import STRATEGIES as STRATEGIES
from ._declare import Cost as Cost
from ._declare import Promises as Promises
from ._declare import Strategy as Strategy
from ._questions import Wish as Wish

# isort: off
from . import random as random
from . import stratified as stratified
from . import density as density
from . import k_center as k_center
from . import prototypes as prototypes
from . import facility_location as facility_location
from . import kmq as kmq
from . import dsir as dsir
from . import leverage as leverage
from . import multi_importance as multi_importance
from . import uniformisation as uniformisation
from . import minority as minority
from . import self_repellent_walk as self_repellent_walk

# isort: on
