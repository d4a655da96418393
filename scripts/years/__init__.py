"""Years of a plant's work, made up from a seed: to measure and check what reads long histories. Never for production.

``python -m scripts.years --site years --years 3 --seed 1`` makes a site of its own, marked as a sample, straight in the
tables: see ``__main__`` for what can be asked, ``effects`` for what is hidden in it to be found.
"""
