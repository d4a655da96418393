"""现场: the plant as it is now, for people: floor plan, equipment and points with values and open alarms.

Stands above plant, telemetry and alarms, whose records one page shows together; has no tables of its own.
"""
