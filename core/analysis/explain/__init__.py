"""Why this row, who keeps this group, what one subset has and another lacks: facts, never causes.

A strategy decides by its own rule; what can be told is where a row or group stands: chosen or not, at which
step, how much it added, how far away the nearest chosen row lies, how densely it is surrounded. Everything
here is counted or measured, and says what it is relative to.
"""

from __future__ import annotations

from .density import Density as Density
from .density import density as density
from .density import density_key as density_key
from .density import density_seconds as density_seconds
from .density import study_density as study_density
from .differences import Difference as Difference
from .differences import Example as Example
from .differences import GroupShift as GroupShift
from .differences import Shift as Shift
from .differences import Side as Side
from .differences import differences as differences
from .group import GroupView as GroupView
from .group import Holding as Holding
from .group import chance_counts as chance_counts
from .group import explain_group as explain_group
from .row import ByStrategy as ByStrategy
from .row import Nearest as Nearest
from .row import RowFact as RowFact
from .row import Taken as Taken
from .row import explain_row as explain_row
from .setting import Setting as Setting
