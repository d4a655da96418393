"""What the plant's people may do to its description; all of it is logged, and can be taken back."""
