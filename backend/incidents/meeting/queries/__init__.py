"""All questions about review meetings."""
