"""风险事件: a risk that has broken out, from its first sign until it is closed."""
