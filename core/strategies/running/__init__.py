"""Running a strategy: what it needs, what it takes, checks before and after, and cost budgets."""
