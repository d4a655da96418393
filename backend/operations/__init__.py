"""Running safety on data: how risk is spread, how well it is held, what to decide, how posts do their duties."""
