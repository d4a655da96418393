"""All questions about maintenance."""

from backend.maintenance.queries.board import Part, board, board_after
from backend.maintenance.queries.due import Upcoming, due_for, due_for_count, site_day, teams, upcoming
from backend.maintenance.queries.plans import (
    Change,
    Choices,
    Done,
    OnEquipment,
    PlanView,
    choices,
    on_equipment,
    photo,
    plan_view,
)

__all__ = [
    "Change",
    "Choices",
    "Done",
    "OnEquipment",
    "Part",
    "PlanView",
    "Upcoming",
    "board",
    "board_after",
    "choices",
    "due_for",
    "due_for_count",
    "on_equipment",
    "photo",
    "plan_view",
    "site_day",
    "teams",
    "upcoming",
]
