"""Learn: eight stories about choosing a subset, on small planted populations drawn live by the engine.

Each story asks a question, shows strategies picking one by one, can be broken by one switch, and ends in a
sentence whose promise (“in at least 9 of 10 draws”) is an event that `Story.claim` decides for any seed.
"""
