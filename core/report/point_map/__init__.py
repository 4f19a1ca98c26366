"""A map of points for a browser: what is drawn as bytes, and the script that draws it."""
