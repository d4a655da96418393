"""One tap: somebody says that something has broken out, and where."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.models import Alarm
from backend.core.errors import N_, Invalid, NotFound
from backend.core.i18n import translate
from backend.core.idempotency import keep_result
from backend.hazards.recording import Sent, first_id
from backend.hazards.reports.queries import Spot, spot
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require
from backend.identity.scoping import get_visible
from backend.incidents.commands.opening import take_up
from backend.incidents.models import Incident, IncidentKind, SourceKind
from backend.incidents.outbreaks import USUAL_LEVEL, Live, Outbreak, Sign, sort_out
from backend.incidents.policy import Policy
from backend.incidents.queries.standing import hold_site, live_incidents, policy_of_site
from backend.incidents.recording import NOTHING_SAID, Said
from backend.incidents.wording import KINDS


@dataclass(frozen=True)
class Tap:
    """What a person reports. ``joins``: the incident that it is, if that is still open; else the rules decide, unless
    ``apart`` says that it is none of those. ``alarm_id``: the alarm from whose page it was reported."""

    kind: str
    equipment_id: int | None = None
    area_id: int | None = None
    joins: int | None = None
    apart: bool = False
    alarm_id: int | None = None
    said: Said = field(default=NOTHING_SAID)


async def report_incident(session: AsyncSession, actor: Actor, tap: Tap) -> Incident:
    """Open an incident or add to one that is open. A repeated ``idempotency_key`` gives the first one's.

    Raises Invalid (by field, also for a place that is gone), Conflict (the key was used otherwise), Forbidden.
    """
    require(actor, "incidents.report")
    known = await first_id(session, actor, Sent(idempotency_key=tap.said.idempotency_key), "incident", _content(tap))
    if known is not None:
        return await get_visible(session, actor, Incident, known)
    alarm = await _alarm(session, actor, tap.alarm_id)
    here = await _spot(session, actor, tap, alarm)
    _check(tap, here)
    await hold_site(session, actor.site_id)
    policy = await policy_of_site(session, actor.site_id)
    sign = _sign(actor, tap, here, alarm)
    outbreak = _belongs(tap, sign, await live_incidents(session, actor.site_id), policy)
    incident = await take_up(session, outbreak, policy, actor.zone, said=tap.said, person_id=actor.person_id)
    change = {"kind": [None, str(tap.kind)], "level": [None, str(incident.level)]}
    await record_change(session, actor, "incident.report", "incident", incident.id, change)
    if tap.said.idempotency_key:
        await keep_result(session, actor.person_id, tap.said.idempotency_key, {"id": incident.id})
    return incident


def _check(tap: Tap, here: Spot) -> None:
    wrong: dict[str, str] = {}
    if tap.kind not in set(IncidentKind):
        wrong["kind"] = N_("请选择发生了什么")
    if not here.code:
        wrong["place"] = N_("请选择在哪里")
    if wrong:
        raise Invalid(fields=wrong)


def _sign(actor: Actor, tap: Tap, here: Spot, alarm: Alarm | None) -> Sign:
    """Named by its kind and place, in both languages; a person's words stand in the log."""
    kind = IncidentKind(tap.kind)
    place = here.equipment or here.area
    name = place.name if place else ""
    name_en = (place.name_en or place.name) if place else ""
    return Sign(
        site_id=actor.site_id,
        source=SourceKind.PERSON,
        source_id=0,
        at=tap.said.at,
        opens=True,
        kind=kind,
        level=USUAL_LEVEL[kind],
        title=f"{translate('zh_CN', KINDS[kind])}：{name}",
        title_en=f"{translate('en', KINDS[kind])}: {name_en}",
        equipment_id=here.equipment.id if here.equipment else None,
        area_id=here.area.id if here.area else None,
        group_id=alarm.group_id if alarm else None,
        point_id=alarm.point_id if alarm else None,
        apart=tap.apart,
    )


def _belongs(tap: Tap, sign: Sign, live: Sequence[Live], policy: Policy) -> Outbreak:
    """A phone may have had no network until the incident it names was over: what it reports counts all the same."""
    if tap.joins in {one.id for one in live}:
        return Outbreak(tap.joins, [sign])
    return sort_out([sign], live, policy)[0]


async def _alarm(session: AsyncSession, actor: Actor, alarm_id: int | None) -> Alarm | None:
    return await get_visible(session, actor, Alarm, alarm_id) if alarm_id is not None else None


async def _spot(session: AsyncSession, actor: Actor, tap: Tap, alarm: Alarm | None) -> Spot:
    """Where it is; without a place of its own where the alarm is."""
    equipment_id, area_id = tap.equipment_id, tap.area_id
    if equipment_id is None and area_id is None and alarm is not None:
        equipment_id, area_id = alarm.equipment_id, alarm.area_id
    try:
        return await spot(session, actor, equipment_id, area_id)
    except NotFound:
        raise Invalid(fields={"place": N_("这个地点已经不在系统里，请重新选择")}) from None


def _content(tap: Tap) -> dict[str, Any]:
    """What makes two requests the same: all but the files, and the moment, which each sending works out anew."""
    plain = {name: getattr(tap, name) for name in ("kind", "equipment_id", "area_id", "joins", "apart", "alarm_id")}
    return {**plain, "words": tap.said.words}
