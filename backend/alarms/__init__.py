"""Rules, the ISA-18.2 life of an alarm, grouping, escalation."""
