"""Writes check-ins into the event log: done, failed items, missed visits."""

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncSession

from backend.checkins.models import CheckIn
from backend.checkins.queries import Place
from backend.core.events import record_event
from backend.identity.actor import Actor


async def tell_done(session: AsyncSession, actor: Actor, checked: CheckIn, place: Place) -> None:
    """Record ``checkin.done``: open rounds are drawn anew, nobody is disturbed."""
    await _tell(session, actor, checked, place, "done", ("巡检打卡", "Check-in"), {})


async def tell_failed(
    session: AsyncSession, actor: Actor, checked: CheckIn, place: Place, items: Iterable[tuple[int, str, str]]
) -> None:
    """Record ``checkin.failed`` once with all failed items (position, title, answer).

    It addresses nobody: each item's hazard report tells who has to decide on it.
    """
    data: dict[str, object] = {
        "items": [{"position": place_, "title": title, "answer": answer} for place_, title, answer in items],
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
