"""Data quality of sources."""
