"""Starter packs for real sites (行业模板): what a kind of works usually has, to be ticked, counted and installed."""
