"""Hazard reports (隐患上报): anybody shows a hazard, a leader decides what becomes of it."""
