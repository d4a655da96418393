"""Suggestions from the review of one incident: what its report and records ask to be changed."""
