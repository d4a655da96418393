"""``/setup``: from an empty site to the first check-in, step by step. Where one stands is read from the data alone."""
