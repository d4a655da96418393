"""复盘会: the meeting about a closed incident, run from its report: blind choice of the root cause first, then 5-why
and decisions that become rectifications.
"""
