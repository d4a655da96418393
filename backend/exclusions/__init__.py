"""Which records are stored and shown but count in no figure, since somebody said so."""
