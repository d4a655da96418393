"""Risk distribution (风险分布): how alarms, hazards and incidents spread over level, type, place, time and cause."""
