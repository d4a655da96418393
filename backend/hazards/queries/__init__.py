"""All questions about rectifications."""

from backend.hazards.queries.board import (
    PAGE,
    Card,
    Named,
    Page,
    Tab,
    Waiting,
    rectifications,
    unfinished_counts,
    verifiable_by,
    waiting,
)
from backend.hazards.queries.story import Story, Told, case_of, photo, somebody, story

__all__ = [
    "PAGE",
    "Card",
    "Named",
    "Page",
    "Story",
    "Tab",
    "Told",
    "Waiting",
    "case_of",
    "photo",
    "rectifications",
    "somebody",
    "story",
    "unfinished_counts",
    "verifiable_by",
    "waiting",
]
