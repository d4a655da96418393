"""现场核查: looks on site that a trace or a leader asks for, and what was found there."""
