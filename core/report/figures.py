"""Figures of subsets: arrays in, ``plotly.graph_objects.Figure`` out.

Every figure takes a `Theme`, escapes text that people gave, writes units beside numbers, and has an
``..._alt`` twin that says the same in one sentence for a screen reader.
"""

from __future__ import annotations

from .beside import of_budget as of_budget
from .beside import own_size_words as own_size_words
from .beside import own_words as own_words
from .beside import reach_words as reach_words
from .beside import strip_of as strip_of
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
from .estimates import Guess as Guess
from .estimates import Wanted as Wanted
from .estimates import estimates as estimates
from .estimates import estimates_alt as estimates_alt
from .overlap import overlap as overlap
from .overlap import overlap_alt as overlap_alt
from .pair import pair_alt as pair_alt
from .pair import pair_map as pair_map
from .pairs import Pair as Pair
from .pairs import Weighed as Weighed
from .pairs import pairs as pairs
from .pairs import pairs_alt as pairs_alt
from .panels import MAP_LIMIT as MAP_LIMIT
from .panels import grey_shown as grey_shown
from .panels import maps as maps
from .panels import maps_alt as maps_alt
from .panels import pick_at as pick_at
from .picks import gains as gains
from .picks import gains_alt as gains_alt
from .picks import picture as picture
from .picks import picture_alt as picture_alt
from .running import running as running
from .running import running_alt as running_alt
from .story import story as story
from .story import story_alt as story_alt
from .strips import Dot as Dot
from .strips import Strip as Strip
from .strips import span as span
from .strips import strips as strips
from .strips import strips_alt as strips_alt
from .theme import DARK as DARK
from .theme import LIGHT as LIGHT
from .theme import Shown as Shown
from .theme import Theme as Theme
from .theme import letter as letter
from .theme import number as number
from .theme import safe as safe
from .theme import share as share
from .theme import theme_of as theme_of
