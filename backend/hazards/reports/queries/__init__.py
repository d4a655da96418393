"""All questions about hazard reports."""

from backend.hazards.reports.queries.lists import (
    PAGE,
    Card,
    card,
    decided,
    joinable,
    mine,
    open_hazards,
    similar,
    to_triage,
    waiting_reports,
)
from backend.hazards.reports.queries.places import Spot, places, spot, suggestion, teams
from backend.hazards.reports.queries.story import Story, photo, rectifications_of, story

__all__ = [
    "PAGE",
    "Card",
    "Spot",
    "Story",
    "card",
    "decided",
    "joinable",
    "mine",
    "open_hazards",
    "photo",
    "places",
    "rectifications_of",
    "similar",
    "spot",
    "story",
    "suggestion",
    "teams",
    "to_triage",
    "waiting_reports",
]
