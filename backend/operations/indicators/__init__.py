"""Indicators (效能指标): one formula each, rolled up by day, shown with what they count."""
