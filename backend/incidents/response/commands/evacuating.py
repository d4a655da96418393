"""Ordering an evacuation and ending it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.errors import N_, Conflict, Invalid
from backend.core.idempotency import keep_result
from backend.hazards.recording import Sent, first_id
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require, visible
from backend.identity.scoping import get_visible
from backend.incidents.lifecycle import LIVE
from backend.incidents.models import Deed, Incident
from backend.incidents.recording import Said, write_line
from backend.incidents.response.models import Evacuation
from backend.incidents.response.queries.presence import may_be_there
from backend.incidents.response.queries.rolls import roll_of
from backend.incidents.response.rollcall import Standing
from backend.incidents.telling import concerned, heard_before
from backend.plant.models import Area

MOST_VISITORS = 5000

_ENTRIES = """
INSERT INTO incident_roll_entry(site_id, evacuation_id, person_id, why, seen_at)
SELECT :site, :evacuation, * FROM unnest(CAST(:ids AS bigint[]), CAST(:why AS text[]), CAST(:seen AS timestamptz[]))
ON CONFLICT (evacuation_id, person_id) DO NOTHING
"""


@dataclass(frozen=True)
class Order:
    """Which areas everybody leaves, where they gather, and how many visitors may be there."""

    area_ids: Sequence[int]
    muster_area_id: int | None = None
    visitors: int = 0


async def order_evacuation(
    session: AsyncSession, actor: Actor, incident_id: int, order: Order, said: Said
) -> Evacuation:
    """Let everybody leave these areas; while one goes on, its areas become more. Who may be there is listed and told.

    A repeat gives the first one. Raises NotFound, Forbidden, Conflict (the incident is over), Invalid by field.
    """
    require(actor, "incidents.lead")
    incident = await get_visible(session, actor, Incident, incident_id, lock=True)
    content = {"id": incident_id, "words": said.words, **vars(order)}
    known = await first_id(session, actor, Sent(idempotency_key=said.idempotency_key), "evacuation", content)
    if known is not None:
        return await get_visible(session, actor, Evacuation, known)
    if incident.state not in LIVE:
        raise Conflict(N_("事件已经结束，不能再这样操作"))
    areas = await _areas(session, actor, order)
    evacuation = await _begin_or_widen(session, actor, incident, order, said)
    told = await _list(session, actor, evacuation)
    about = {"zh": "、".join(area.name for area in areas), "en": ", ".join(area.name_en or area.name for area in areas)}
    told |= set(await concerned(session, incident))
    await write_line(
        session, incident, Deed.EVACUATING, said, person_id=actor.person_id, change={"about": about}, told=told
    )
    await record_change(session, actor, "incident.evacuate", "incident", incident.id, {"areas": [None, about["zh"]]})
    if said.idempotency_key:
        await keep_result(session, actor.person_id, said.idempotency_key, {"id": evacuation.id})
    return evacuation


async def end_evacuation(session: AsyncSession, actor: Actor, evacuation_id: int, said: Said) -> Evacuation:
    """End it; who is missing is written down for ever. One that has ended stays as it ended.

    Raises NotFound, Forbidden, Invalid (somebody is missing and the words don't say why it ends all the same).
    """
    require(actor, "incidents.lead")
    evacuation = await get_visible(session, actor, Evacuation, evacuation_id, lock=True)
    if evacuation.ended_at is not None:
        return evacuation
    incident = await get_visible(session, actor, Incident, evacuation.incident_id)
    roll = await roll_of(session, actor, incident.id)
    missing = [one.person for one in roll.called if one.standing is Standing.MISSING] if roll else []
    visitors = roll.count.visitors - roll.count.visitors_safe if roll else 0
    if (missing or visitors) and not said.tidied:
        raise Invalid(fields={"words": N_("还有人没到，请写明为什么结束疏散")})
    evacuation.ended_at, evacuation.ended_by = now(), actor.person_id
    evacuation.missing_at_end, evacuation.visitors_missing_at_end = [person.id for person in missing], visitors
    await session.flush()
    names = [person.name for person in missing] + ([f"访客 {visitors} 人"] if visitors else [])
    names_en = [person.name_en or person.name for person in missing] + ([f"{visitors} visitors"] if visitors else [])
    about = {
        "zh": f"没到：{'、'.join(names)}" if names else "全部到齐",
        "en": f"Missing: {', '.join(names_en)}" if names else "Everybody accounted for",
    }
    told = await heard_before(session, incident)
    await write_line(
        session, incident, Deed.EVACUATED, said, person_id=actor.person_id, change={"about": about}, told=told
    )
    change = {"missing": [None, len(missing) + visitors]}
    await record_change(session, actor, "incident.end_evacuation", "incident", incident.id, change)
    return evacuation


async def _areas(session: AsyncSession, actor: Actor, order: Order) -> Sequence[Area]:
    wanted = select(Area).where(visible(actor, Area), col(Area.id).in_([*order.area_ids, order.muster_area_id or 0]))
    known = {area.id: area for area in await session.scalars(wanted)}
    wrong: dict[str, str] = {}
    if not order.area_ids or not set(order.area_ids) <= known.keys():
        wrong["areas"] = N_("请选择要疏散的区域")
    if order.muster_area_id is not None and order.muster_area_id not in known:
        wrong["muster"] = N_("请选择集合点")
    elif order.muster_area_id in order.area_ids:
        wrong["muster"] = N_("集合点不能在要疏散的区域里")
    if not 0 <= order.visitors <= MOST_VISITORS:
        wrong["visitors"] = N_("请填写 0 到 5000 的整数")
    if wrong:
        raise Invalid(fields=wrong)
    return [known[id_] for id_ in dict.fromkeys(order.area_ids)]


async def _begin_or_widen(
    session: AsyncSession, actor: Actor, incident: Incident, order: Order, said: Said
) -> Evacuation:
    """The incident is locked, so that two orders at once make one evacuation."""
    going_on = await session.scalar(
        select(Evacuation)
        .where(
            visible(actor, Evacuation), col(Evacuation.incident_id) == incident.id, col(Evacuation.ended_at).is_(None)
        )
        .with_for_update()
    )
    if going_on is None:
        going_on = Evacuation(
            site_id=incident.site_id, incident_id=incident.id, ordered_by=actor.person_id, ordered_at=said.at
        )
        session.add(going_on)
    going_on.area_ids = list(dict.fromkeys([*going_on.area_ids, *order.area_ids]))
    going_on.visitors = max(going_on.visitors, order.visitors)
    going_on.muster_area_id = order.muster_area_id or going_on.muster_area_id
    await session.flush()
    return going_on


async def _list(session: AsyncSession, actor: Actor, evacuation: Evacuation) -> set[int]:
    """Write down who may be there; gives everybody who may."""
    there = await may_be_there(session, actor, evacuation.incident_id, evacuation.area_ids)
    await list_people(session, evacuation, there)
    return {person_id for person_id, _, _ in there}


async def list_people(
    session: AsyncSession, evacuation: Evacuation, people: Sequence[tuple[int, str, datetime | None]]
) -> None:
    """Put people into the roll-call: person, why (``models.Why``), last seen (UTC); who is in it stays as they are."""
    if not people:
        return
    ids, why, seen = zip(*people, strict=True)
    asked = {"site": evacuation.site_id, "evacuation": evacuation.id}
    await session.execute(text(_ENTRIES), {**asked, "ids": list(ids), "why": list(map(str, why)), "seen": list(seen)})
