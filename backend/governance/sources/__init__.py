"""Data sources as people govern them: who answers for each, what is wanted of it, how good it is."""
