"""SQL of indicators: which rows each measure counts, the roll-up as it is read, names, changes in between."""
