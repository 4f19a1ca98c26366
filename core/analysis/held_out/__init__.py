"""What can be learned from a subset: simple models trained on it, scored on rows that nobody has seen.

A fifth of the rows leave before groups, scores and strategies are made. Each strategy then runs on the rest
at the same fraction, seed by seed; a logistic regression and a vote among nearest neighbours, trained on
what it chose, predict the label of the rows that left. Uniform random subsets of the rest are probed the
same way.
"""
