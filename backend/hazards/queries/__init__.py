"""All questions about rectifications."""

from backend.hazards.queries.board import (
    PAGE,
    Card,
    Named,
    Page,
    Tab,
    most_urgent,
    rectifications,
    to_be_done_by,
    unfinished_counts,
    verifiable_by,
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
    "case_of",
    "most_urgent",
    "photo",
    "rectifications",
    "somebody",
    "story",
    "to_be_done_by",
    "unfinished_counts",
    "verifiable_by",
]
