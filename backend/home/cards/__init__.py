"""Cards that come after the first paint: each with its own question to the database, fetched by itself."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.hazards.queries.teams import overdue_by_team
from backend.home.cards.places import heaps, levels
from backend.home.cards.running import alarm_load, checkin_teams, duty, to_decide
from backend.identity.actor import Actor
from backend.operations.reports.queries import newest

LATER: dict[str, Callable[[AsyncSession, Actor], Awaitable[Any]]] = {
    "risk_map": levels,
    "concentration": heaps,
    "alarm_load": alarm_load,
    "overdue_teams": overdue_by_team,
    "checkin_teams": checkin_teams,
    "decisions": to_decide,
    "duty": duty,
    "safety_report": newest,
}
"""Code → what asks for it. Figures are asked for together: ``figures``."""
