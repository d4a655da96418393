"""Writes a meeting's steps into the event log of its incident. What was chosen never stands in it: phones read it."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.events import record_event
from backend.identity.actor import Actor
from backend.incidents.meeting.models import Meeting
from backend.incidents.models import Incident

_TITLES = {
    "convened": ("请参加复盘会", "Please come to the review meeting"),
    "amended": ("复盘会有改动", "Review meeting changed"),
    "called_off": ("复盘会取消", "Review meeting called off"),
    "opened": ("根源选择已公布", "Choices of the cause are open"),
    "closed": ("复盘会已结束", "Review meeting closed"),
    "moved": ("复盘会有进展", "Review meeting goes on"),
}
"""Stored with the event in both languages. ``moved``: nobody's phone rings, pages are made fresh."""


async def tell(
    session: AsyncSession, actor: Actor, incident: Incident, meeting: Meeting, what: str, told: Iterable[int] = ()
) -> None:
    """Record ``incident.meeting_<what>``; ``told`` are the ids of those whom it concerns, the actor left out."""
    zh, en = _TITLES[what]
    at = meeting.at.astimezone(actor.zone).strftime("%m-%d %H:%M")
    where = f" {at} {meeting.place}" if what in {"convened", "amended"} else ""
    data: dict[str, Any] = {
        "title_zh": f"{zh} {incident.number}{where}：{incident.title}",
        "title_en": f"{en} {incident.number}{where}: {incident.title_en or incident.title}",
        "url": f"/incidents/{incident.id}/meeting",
        "number": incident.number,
        "told": sorted(set(told) - {actor.person_id}),
    }
    await record_event(
        session,
        site_id=incident.site_id,
        kind=f"incident.meeting_{what}",
        subject="incident",
        subject_id=incident.id,
        actor_id=actor.person_id,
        data=data,
    )
