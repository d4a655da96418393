"""What alarm load reads: the log of alarms, past readings, trials with what mattered in their time."""
