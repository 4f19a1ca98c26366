"""Documents that stand alone: reports, live pages, pictures."""
