"""The run that Compare shows: its parts, its study, and words for its rows."""
