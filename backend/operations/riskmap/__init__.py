"""风险四色图: each area's level by its risk points, and live, by what is wrong there now."""
