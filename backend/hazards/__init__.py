"""Rectifications and their verification."""
