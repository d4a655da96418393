"""SQL of the distribution: alarms, hazards and incidents as facts of one shape, then counts of them, and rows."""
