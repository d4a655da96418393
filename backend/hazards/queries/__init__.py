"""All questions about rectifications."""

from backend.hazards.queries.board import (
    PAGE,
    Card,
    Named,
    Page,
    Tab,
    extendable_by,
    owned_to_do,
    rectifications,
    to_be_done_by,
    unfinished_counts,
    verifiable_by,
    waiting_for,
)
from backend.hazards.queries.cases import case_of, somebody
from backend.hazards.queries.story import Relative, Story, Told, photo, story

__all__ = [
    "PAGE",
    "Card",
    "Named",
    "Page",
    "Relative",
    "Story",
    "Tab",
    "Told",
    "case_of",
    "extendable_by",
    "owned_to_do",
    "photo",
    "rectifications",
    "somebody",
    "story",
    "to_be_done_by",
    "unfinished_counts",
    "verifiable_by",
    "waiting_for",
]
