"""Why this row, who keeps this group, what one subset has and another lacks: facts, never causes.

A strategy decides by its own rule; what can be told is where a row or group stands: chosen or not, at which
step, how much it added, how far away the nearest chosen row lies, how densely it is surrounded. Everything
here is counted or measured, and says what it is relative to.
"""
