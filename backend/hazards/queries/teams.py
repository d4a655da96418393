"""How many rectifications of each team are late."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.hazards.lifecycle import WORKABLE
from backend.hazards.models import Rectification
from backend.identity.actor import Actor
from backend.identity.models import Person, Team
from backend.identity.permissions import visible


@dataclass(frozen=True)
class TeamCount:
    """A team and how many; ``team`` is None for owners in none."""

    team: Team | None
    count: int


async def overdue_by_team(session: AsyncSession, actor: Actor) -> Sequence[TeamCount]:
    """Late ones by the team of their owner, the most first."""
    counted = (
        select(col(Person.team_id).label("team_id"), func.count().label("n"))
        .select_from(Rectification)
        .join(Person, col(Person.id) == col(Rectification.owner_id))
        .where(
            visible(actor, Rectification),
            col(Rectification.state).in_(WORKABLE),
            col(Rectification.deadline) < func.now(),
        )
        .group_by(col(Person.team_id))
        .subquery()
    )
    rows = await session.execute(
        select(Team, counted.c.n)
        .select_from(counted)
        .outerjoin(Team, (col(Team.id) == counted.c.team_id) & visible(actor, Team))
        .order_by(counted.c.n.desc(), counted.c.team_id)
    )
    return [TeamCount(team, count) for team, count in rows]
