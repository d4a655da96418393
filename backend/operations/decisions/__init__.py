"""Decisions: where to put inspection hours and money, what to renew, whom to train; ranked, with reasons."""
