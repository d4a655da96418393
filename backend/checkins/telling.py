"""Writes check-ins into the event log: done, failed items, missed visits."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.checkins.models import CheckIn
from backend.checkins.queries import Place
from backend.core.events import record_event
from backend.identity.actor import Actor
from backend.identity.models import Person, Role
from backend.identity.permissions import visible


async def tell_done(session: AsyncSession, actor: Actor, checked: CheckIn, place: Place) -> None:
    """Record ``checkin.done``: open rounds are drawn anew, nobody is disturbed."""
    await _tell(session, actor, checked, place, "done", ("巡检打卡", "Check-in"), {})


async def tell_failed(
    session: AsyncSession, actor: Actor, checked: CheckIn, place: Place, items: Iterable[tuple[int, str, str]]
) -> None:
    """Record ``checkin.failed`` once with all failed items (position, title, answer); told are the team's leaders."""
    leaders = await session.execute(
        select(col(Person.id)).where(
            visible(actor, Person),
            col(Person.active),
            col(Person.role) == Role.LEADER,
            col(Person.team_id) == actor.team_id,
        )
    )
    data = {
        "items": [{"position": place_, "title": title, "answer": answer} for place_, title, answer in items],
        "told": sorted(set(leaders.scalars()) - {actor.person_id}),
        "equipment_id": checked.equipment_id,
        "area_id": checked.area_id,
    }
    await _tell(session, actor, checked, place, "failed", ("巡检发现异常", "Check-in found a fault"), data)


async def _tell(
    session: AsyncSession,
    actor: Actor,
    checked: CheckIn,
    place: Place,
    verb: str,
    words: tuple[str, str],
    data: dict[str, object],
) -> None:
    zh, en = words
    await record_event(
        session,
        site_id=actor.site_id,
        kind=f"checkin.{verb}",
        subject="checkin",
        subject_id=checked.id,
        actor_id=actor.person_id,
        data={
            "title_zh": f"{zh}：{place.name}",
            "title_en": f"{en}: {place.name_en or place.name}",
            "url": f"/checkins/records/{checked.id}",
            "number": checked.number,
            "team_id": actor.team_id,
            "told": [],
            **data,
        },
    )
