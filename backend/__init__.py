"""AnSu (安溯): safety risk tracing and data-driven safety work for factories."""

__version__ = "0.1.0"
