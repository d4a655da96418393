"""溯源模型: what people taught the engine, in versions that can be looked at, tried on history and taken back."""
