"""All questions about hazard reports."""

from backend.hazards.reports.queries.lists import (
    PAGE,
    Card,
    Undecided,
    card,
    decided,
    joinable,
    mine,
    open_hazards,
    select_waiting_count,
    similar,
    to_triage,
    undecided,
)
from backend.hazards.reports.queries.places import Spot, places, spot, suggestion, teams
from backend.hazards.reports.queries.story import Story, photo, rectifications_of, story

__all__ = [
    "PAGE",
    "Card",
    "Spot",
    "Story",
    "Undecided",
    "card",
    "decided",
    "joinable",
    "mine",
    "open_hazards",
    "photo",
    "places",
    "rectifications_of",
    "select_waiting_count",
    "similar",
    "spot",
    "story",
    "suggestion",
    "teams",
    "to_triage",
    "undecided",
]
