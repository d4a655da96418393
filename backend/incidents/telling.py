"""Writes an incident's steps into the event log, and says whom they concern."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.models import Level
from backend.core.events import record_event
from backend.identity.models import Role
from backend.identity.permissions import system_query
from backend.incidents.models import Deed, Incident

_TITLES = {
    Deed.OPENED: ("事件", "Incident"),
    Deed.REPORTED: ("事件", "Incident"),
    Deed.JOINED: ("事件又有新的迹象", "Another sign of incident"),
    Deed.FLARED: ("事件未控制住", "Incident not contained"),
    Deed.LED: ("请担任现场指挥", "Please take charge"),
    Deed.SET: ("事件情况已更正", "Incident corrected"),
    Deed.CONTAINED: ("事件已控制", "Incident contained"),
    Deed.CLOSED: ("事件已结束", "Incident closed"),
    Deed.CALLED_OFF: ("事件判为误报", "Incident called off"),
    Deed.CLASSIFIED: ("已写明事故类型", "Accident type told"),
    Deed.EVACUATING: ("立即疏散，到集合点报平安", "Evacuate now, say that you are safe"),
    Deed.EVACUATED: ("疏散结束", "Evacuation ended"),
    Deed.CORDONED: ("警戒区，请勿进入", "Cordon, keep out"),
    Deed.CORDON_LIFTED: ("警戒区解除", "Cordon lifted"),
}
_LOGGED = ("事件处置", "Incident handling")
"""Stored with the event in both languages, so that a timeline keeps the words it was told with."""

AUDIENCE = {
    Level.MAJOR: (Role.LEADER, Role.MANAGER, Role.SAFETY_OFFICER),
    Level.SIGNIFICANT: (Role.LEADER, Role.SAFETY_OFFICER),
    Level.GENERAL: (Role.LEADER,),
}
"""Who hears of a new incident by its level, besides those who may be where it is. Ours, not a standard's."""

_CONCERNED = """
WITH candidates AS (
    SELECT p.id, p.role, p.team_id IS NOT NULL AND p.team_id =
        (SELECT team_id FROM area WHERE id = CAST(:area AS bigint) AND site_id = :site) AS near
    FROM person p WHERE p.site_id = :site AND p.active
)
SELECT id FROM candidates c WHERE (c.role = 'worker' AND c.near) OR (c.role = ANY(CAST(:roles AS text[])) AND
    (c.role <> 'leader' OR COALESCE(c.near, false)
     OR NOT EXISTS (SELECT 1 FROM candidates n WHERE n.role = 'leader' AND n.near)))
ORDER BY id
"""


def verb_of(step: Deed) -> str:
    """What the event of a line of the log is called: ``incident.<verb>``."""
    if step in {Deed.OPENED, Deed.REPORTED}:
        return "opened"
    return str(step) if step in _TITLES else "logged"


async def tell(
    session: AsyncSession,
    incident: Incident,
    step: Deed,
    told: Iterable[int],
    *,
    actor_id: int | None = None,
    note: str = "",
) -> None:
    """Record ``incident.<verb>``; ``told`` are the ids of those whom it concerns, the actor left out.

    A later notice of the same incident takes the earlier one's place on a sleeping phone.
    """
    zh, en = _TITLES.get(step, _LOGGED)
    data: dict[str, Any] = {
        "title_zh": f"{zh} {incident.number}：{incident.title}",
        "title_en": f"{en} {incident.number}: {incident.title_en}",
        "url": f"/incidents/{incident.id}",
        "number": incident.number,
        "state": str(incident.state),
        "note": note,
        "told": sorted(set(told) - {actor_id}),
    }
    await record_event(
        session,
        site_id=incident.site_id,
        kind=f"incident.{verb_of(step)}",
        subject="incident",
        subject_id=incident.id,
        level=incident.level,
        actor_id=actor_id,
        data=data,
    )


@system_query("whom an incident is told to follows from its place, not from who reports it")
async def concerned(session: AsyncSession, incident: Incident) -> Sequence[int]:
    """Who must hear that it broke out: the roles of its level, of leaders those of the area's team where it has one,
    and the workers of that team, who may stand there."""
    roles = [str(role) for role in AUDIENCE[Level(incident.level)]]
    asked = {"site": incident.site_id, "area": incident.area_id, "roles": roles}
    return (await session.execute(text(_CONCERNED), asked)).scalars().all()


@system_query("who was told before is in the log, whoever asks")
async def heard_before(session: AsyncSession, incident: Incident) -> set[int]:
    """Who has been told of it so far, and who reported or logged something: they hear how it goes on and ends."""
    rows = await session.execute(
        text(
            "SELECT CAST(p AS bigint) FROM event e, jsonb_array_elements_text(e.data -> 'told') AS p "
            "WHERE e.site_id = :site AND e.story = :story UNION SELECT person_id FROM incident_disposal "
            "WHERE site_id = :site AND incident_id = :id AND person_id IS NOT NULL"
        ),
        {"site": incident.site_id, "id": incident.id, "story": f"incident:{incident.id}"},
    )
    return set(rows.scalars())
