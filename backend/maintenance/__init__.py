"""Maintenance (维护保养): plans in versions, what was done by them, and what is due next on which equipment."""
