"""Rules by which a cause assigns a course, and what they can name."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.errors import NotFound
from backend.identity.actor import Actor
from backend.identity.models import Person, Post, Team
from backend.identity.permissions import visible
from backend.plant.models import Equipment
from backend.training.models import CauseRule
from backend.training.queries.standing import Target, target_of


async def cause_rules(
    session: AsyncSession, actor: Actor, course_id: int
) -> list[tuple[CauseRule, Target, Equipment | None]]:
    """The course's rules with whom they ask and the equipment they name, the oldest first."""
    statement = (
        select(CauseRule, Team, Post, Person, Equipment)
        .outerjoin(Team, col(Team.id) == col(CauseRule.team_id))
        .outerjoin(Post, col(Post.id) == col(CauseRule.post_id))
        .outerjoin(Person, col(Person.id) == col(CauseRule.person_id))
        .outerjoin(Equipment, col(Equipment.id) == col(CauseRule.equipment_id))
        .where(visible(actor, CauseRule), col(CauseRule.course_id) == course_id)
        .order_by(col(CauseRule.id))
    )
    rows = await session.execute(statement)
    return [(rule, target_of(team, post, person), equipment) for rule, team, post, person, equipment in rows]


async def locked_rule(session: AsyncSession, actor: Actor, course_id: int, rule_id: int) -> CauseRule:
    """The course's rule, locked until the transaction ends. Raises NotFound."""
    statement = select(CauseRule).where(
        visible(actor, CauseRule), col(CauseRule.id) == rule_id, col(CauseRule.course_id) == course_id
    )
    found = (await session.execute(statement.with_for_update())).scalar_one_or_none()
    if found is None:
        raise NotFound()
    return found


async def causes_offered(session: AsyncSession, actor: Actor) -> tuple[list[Equipment], list[str]]:
    """The equipment and the classes of equipment that a rule can name."""
    statement = (
        select(Equipment)
        .where(visible(actor, Equipment), col(Equipment.retired_at).is_(None))
        .order_by(col(Equipment.code))
    )
    equipment = list((await session.scalars(statement)).all())
    return equipment, sorted({one.equipment_class for one in equipment} - {""})
