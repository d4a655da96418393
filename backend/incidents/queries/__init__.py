"""SQL of incidents, by what it is for: lists, one with its log, those at a place, those that decide what joins."""
