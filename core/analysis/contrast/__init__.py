"""What sets a selection of rows apart: sizes of difference, verdicts beside chance, and rules in columns.

A selection differs from the rest in whatever it was selected by. Those columns get a size and no verdict; of
the others it is asked whether a uniform random row set of the same size would differ as much.
"""
