"""The types of the engine: data sets, inputs, selections, budgets, recipes, and how methods are declared."""
