"""The run that is looked at."""
