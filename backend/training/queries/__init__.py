"""All SQL of training."""

from backend.training.queries.causes import cause_rules, causes_offered, locked_rule
from backend.training.queries.learning import (
    Learning,
    attempt_seen,
    certificates,
    course_now,
    due_count,
    locked_course,
    mine,
    own_attempt,
    today_of,
)
from backend.training.queries.media import media_of, media_one
from backend.training.queries.recurrence import UnitEffect, recurrence
from backend.training.queries.standing import (
    Figures,
    Standing,
    Target,
    assignments,
    figures,
    locked_assignment,
    standings,
    target_ids,
    targets,
)

__all__ = [
    "Figures",
    "Learning",
    "Standing",
    "Target",
    "UnitEffect",
    "assignments",
    "attempt_seen",
    "cause_rules",
    "causes_offered",
    "certificates",
    "course_now",
    "due_count",
    "figures",
    "locked_assignment",
    "locked_course",
    "locked_rule",
    "media_of",
    "media_one",
    "mine",
    "own_attempt",
    "recurrence",
    "standings",
    "target_ids",
    "targets",
    "today_of",
]
