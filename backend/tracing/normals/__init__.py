"""正常基线: what is normal at a site, learned from its own good times, tried on its past, put in force, taken back."""
