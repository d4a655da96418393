"""Who may be inside: the people of the places that an incident touches, and where each was last known to be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.checkins.models import CheckIn, Proof
from backend.core.statements import among
from backend.identity.actor import Actor
from backend.identity.models import Person, PostHolder, Team
from backend.identity.permissions import visible
from backend.plant.models import Area, Equipment

LOOK_BACK = timedelta(hours=12)
"""One shift of the usual length: what is older says nothing of where somebody is now. Ours, not a standard's."""
MOST = 200


@dataclass(frozen=True)
class Seen:
    """Where somebody checked in last. ``scanned``: by the label there; ``inside``: at a place that is touched."""

    at: datetime
    name: str
    name_en: str
    scanned: bool
    inside: bool


@dataclass(frozen=True)
class Somebody:
    """A person who may be inside; ``assigned`` there by team or post, else only seen there."""

    person: Person
    team: Team | None
    assigned: bool
    seen: Seen | None

    @property
    def elsewhere(self) -> bool:
        """Whether the last that is known of them is another place."""
        return self.seen is not None and not self.seen.inside


async def people_inside(
    session: AsyncSession,
    actor: Actor,
    equipment_ids: Sequence[int],
    area_ids: Sequence[int],
    until: datetime,
) -> list[Somebody]:
    """Who is assigned to these places or checked in there last, as known at ``until`` (UTC).

    First who was seen inside, the newest first; then those of whom nothing is known; last who was seen elsewhere.
    A worker sees check-ins of their own team alone, so that others stand among those of whom nothing is known.
    """
    seen = await _last_seen(session, actor, set(equipment_ids), set(area_ids), until)
    assigned = set((await session.scalars(_assigned(actor, equipment_ids, area_ids))).all())
    wanted = assigned | {person_id for person_id, one in seen.items() if one.inside}
    rows = await session.execute(
        select(Person, Team)
        .outerjoin(Team, col(Team.id) == col(Person.team_id))
        .where(visible(actor, Person), col(Person.active), among(col(Person.id), wanted))
        .order_by(col(Person.id))
        .limit(MOST)
    )
    found = [Somebody(person, team, person.id in assigned, seen.get(person.id)) for person, team in rows]
    return sorted(found, key=_order)


def _order(one: Somebody) -> tuple[int, float]:
    rank = 2 if one.elsewhere else 0 if one.seen else 1
    return rank, -one.seen.at.timestamp() if one.seen else 0.0


def _assigned(actor: Actor, equipment_ids: Sequence[int], area_ids: Sequence[int]) -> Select[int]:
    """Ids of active people in the teams of the areas, and of those who hold the posts of the equipment."""
    teams = select(col(Area.team_id)).where(visible(actor, Area), among(col(Area.id), area_ids))
    posts = select(col(Equipment.owner_post_id)).where(
        visible(actor, Equipment), among(col(Equipment.id), equipment_ids)
    )
    holders = select(col(PostHolder.person_id)).where(
        visible(actor, PostHolder), col(PostHolder.until).is_(None), col(PostHolder.post_id).in_(posts)
    )
    return select(col(Person.id)).where(
        visible(actor, Person), col(Person.active), or_(col(Person.team_id).in_(teams), col(Person.id).in_(holders))
    )


async def _last_seen(
    session: AsyncSession, actor: Actor, equipment_ids: set[int], area_ids: set[int], until: datetime
) -> dict[int, Seen]:
    """The last check-in of each person in the shift before ``until``."""
    rows = await session.execute(
        select(
            col(CheckIn.person_id),
            col(CheckIn.at),
            col(CheckIn.proof),
            col(CheckIn.equipment_id),
            func.coalesce(col(Equipment.name), col(Area.name)).label("name"),
            # A place of equipment has the equipment's English name, also where it is empty.
            func.coalesce(col(Equipment.name_en), col(Area.name_en)).label("name_en"),
            func.coalesce(col(Equipment.area_id), col(Area.id)).label("area_id"),
        )
        .ext(distinct_on(col(CheckIn.person_id)))
        .outerjoin(Equipment, col(Equipment.id) == col(CheckIn.equipment_id))
        .outerjoin(Area, col(Area.id) == col(CheckIn.area_id))
        .where(visible(actor, CheckIn), col(CheckIn.at) > until - LOOK_BACK, col(CheckIn.at) <= until)
        .order_by(col(CheckIn.person_id), col(CheckIn.at).desc(), col(CheckIn.id).desc())
    )
    return {
        row.person_id: Seen(
            row.at,
            row.name,
            row.name_en,
            row.proof == Proof.LABEL,
            row.equipment_id in equipment_ids or row.area_id in area_ids,
        )
        for row in rows
    }
