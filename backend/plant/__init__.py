"""The plant graph: stages, areas, equipment, points, links, floor plans, starter packs."""
