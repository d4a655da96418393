"""SQL of rules and alarms: what people see (``alarms``, ``rules``) and what the system's roles need (``watching``)."""
