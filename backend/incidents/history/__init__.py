"""The history of incidents: which there were, how many over time, from what causes, and how two periods compare."""
