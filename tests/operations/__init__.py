"""Running safety on data."""
