"""What people do with feedback: give it, answer it, say whether that helped."""

from backend.feedback.commands.answering import answer, assign, decline, merge, take
from backend.feedback.commands.giving import give, rate, reopen
from backend.feedback.commands.settling import add_template, retire_template, set_policy

__all__ = [
    "add_template",
    "answer",
    "assign",
    "decline",
    "give",
    "merge",
    "rate",
    "reopen",
    "retire_template",
    "set_policy",
    "take",
]
