"""What people do with courses: write, assign, remind, begin a quiz and hand it in. None of them commits."""

from backend.training.commands.assigning import assign, remind, remove_assignment
from backend.training.commands.causes import RuleDraft, add_cause_rule, remove_cause_rule
from backend.training.commands.courses import save_course
from backend.training.commands.quizzes import begin_quiz, hand_in, take_along

__all__ = [
    "RuleDraft",
    "add_cause_rule",
    "assign",
    "begin_quiz",
    "hand_in",
    "remind",
    "remove_assignment",
    "remove_cause_rule",
    "save_course",
    "take_along",
]
