"""SQL of the history: what is asked of each incident, then counts, figures, rows, and names of what is chosen from."""
