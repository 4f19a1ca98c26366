"""Figures of subsets: arrays in, ``plotly.graph_objects.Figure`` out.

Every figure takes a `Theme`, escapes text that people gave, writes units beside numbers, and has an
``..._alt`` twin that says the same in one sentence for a screen reader.
"""

from __future__ import annotations

from ...foundation.number_words import number as number
from ...foundation.number_words import share as share
from .composition import MOST_GROUPS as MOST_GROUPS
from .composition import Part as Part
from .composition import Shares as Shares
from .composition import chance_shares as chance_shares
from .composition import composition as composition
from .composition import composition_alt as composition_alt
from .density import Tenths as Tenths
from .density import density_alt as density_alt
from .density import density_figure as density_figure
from .density import density_sentence as density_sentence
from .estimates import EstimatePanel as EstimatePanel
from .estimates import SubsetEstimate as SubsetEstimate
from .estimates import estimates as estimates
from .estimates import estimates_alt as estimates_alt
from .gains import gains as gains
from .gains import gains_alt as gains_alt
from .gains import picture as picture
from .gains import picture_alt as picture_alt
from .held_and_estimated import HeldAndEstimated as HeldAndEstimated
from .held_and_estimated import WeightedPanel as WeightedPanel
from .held_and_estimated import pairs as pairs
from .held_and_estimated import pairs_alt as pairs_alt
from .map_panels import grey_shown as grey_shown
from .map_panels import maps as maps
from .map_panels import maps_alt as maps_alt
from .map_panels import pick_at as pick_at
from .overlap import overlap as overlap
from .overlap import overlap_alt as overlap_alt
from .pair_map import pair_alt as pair_alt
from .pair_map import pair_map as pair_map
from .story_panels import story as story
from .story_panels import story_alt as story_alt
from .story_trace import running as running
from .story_trace import running_alt as running_alt
from .strips import span as span
from .strips import strips as strips
from .strips import strips_alt as strips_alt
from .strips_of_result import of_budget as of_budget
from .strips_of_result import own_size_words as own_size_words
from .strips_of_result import own_words as own_words
from .strips_of_result import reach_words as reach_words
from .strips_of_result import strip_of as strip_of
from .theme import Slot as Slot
from .theme import letter as letter
from .theme import theme_of as theme_of
