"""One data set under one recipe, and everything that follows from them."""
