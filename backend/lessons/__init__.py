"""Lessons: patterns of what went wrong, suggestions that rest on them, and what came of those that were adopted."""
