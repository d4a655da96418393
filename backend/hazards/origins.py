"""What a rectification is opened from: the alarm with its rule's advice, the suggested owner, who can own it."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Alarm, AlarmRule
from backend.core.errors import NotFound
from backend.identity.actor import Actor
from backend.identity.models import Person, PostHolder, Team
from backend.identity.permissions import visible
from backend.plant.models import Equipment


@dataclass(frozen=True)
class Origin:
    """An alarm as the start of a rectification. ``owner_id`` holds the equipment's owner post now."""

    alarm: Alarm
    advice: str
    advice_en: str
    owner_id: int | None


@dataclass(frozen=True)
class Candidate:
    """Somebody who can own a rectification."""

    id: int
    name: str
    name_en: str
    team: str
    team_en: str


async def origin(session: AsyncSession, actor: Actor, alarm_id: int) -> Origin:
    """The alarm and what it suggests. Raises NotFound, also for an alarm ``actor`` may not see."""
    row = (
        await session.execute(
            select(Alarm, col(AlarmRule.advice), col(AlarmRule.advice_en), col(Equipment.owner_post_id))
            .outerjoin(AlarmRule, col(AlarmRule.id) == col(Alarm.rule_id))
            .outerjoin(Equipment, col(Equipment.id) == col(Alarm.equipment_id))
            .where(visible(actor, Alarm), col(Alarm.id) == alarm_id)
        )
    ).one_or_none()
    if row is None:
        raise NotFound()
    alarm, advice, advice_en, post_id = row
    return Origin(alarm, advice or "", advice_en or "", await _holder(session, actor, post_id))


async def _holder(session: AsyncSession, actor: Actor, post_id: int | None) -> int | None:
    if post_id is None:
        return None
    found = await session.execute(
        select(col(Person.id))
        .join(PostHolder, col(PostHolder.person_id) == col(Person.id))
        .where(
            visible(actor, Person),
            col(Person.active),
            col(PostHolder.post_id) == post_id,
            col(PostHolder.until).is_(None),
        )
        .order_by(col(PostHolder.since).desc(), col(Person.id))
        .limit(1)
    )
    return found.scalar_one_or_none()


async def keeper(session: AsyncSession, actor: Actor, equipment_id: int | None) -> int | None:
    """Who holds the post that owns the equipment now; None when nobody does, or for no equipment."""
    if equipment_id is None:
        return None
    found = await session.execute(
        select(col(Equipment.owner_post_id)).where(visible(actor, Equipment), col(Equipment.id) == equipment_id)
    )
    return await _holder(session, actor, found.scalar_one_or_none())


async def candidates(session: AsyncSession, actor: Actor) -> list[Candidate]:
    """Everybody at work on the site, the actor's own team first."""
    found = await session.execute(
        select(Person, Team)
        .outerjoin(Team, col(Team.id) == col(Person.team_id))
        .where(visible(actor, Person), col(Person.active))
        .order_by(col(Person.team_id).is_distinct_from(actor.team_id), col(Team.code).nulls_last(), col(Person.id))
    )
    return [
        Candidate(person.id, person.name, person.name_en, team.name if team else "", team.name_en if team else "")
        for person, team in found
    ]


async def owner(session: AsyncSession, actor: Actor, person_id: int) -> Person | None:
    """The person, if they can own a rectification of the actor's site."""
    found = await session.execute(
        select(Person).where(visible(actor, Person), col(Person.active), col(Person.id) == person_id)
    )
    return found.scalar_one_or_none()
