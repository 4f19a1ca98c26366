"""The random band: what uniform random subsets reach, and what may be said beside it."""
