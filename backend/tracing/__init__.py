"""Where a risk comes from and where it goes: the engine, its evidence, its pages."""
