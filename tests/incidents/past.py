"""Incidents of the past, for the history: each where, when and why a test wants it."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.models import Alarm, AlarmGroup, Level
from backend.incidents.models import Incident, IncidentSource, IncidentState
from backend.tracing.models import Trace
from tests.factories import made, unique
from tests.incidents.scene import Scene


async def happened(session: AsyncSession, scene: Scene, began: datetime, **fields: Any) -> Incident:
    """A gas leak at the reactor that began at ``began``, contained after 20 minutes and closed after 60."""
    values = {
        "site_id": scene.site.id,
        "number": unique("SJ-"),
        "kind": "gas_leak",
        "level": Level.GENERAL,
        "state": IncidentState.CLOSED,
        "title": "氨泄漏",
        "title_en": "Ammonia leak",
        "equipment_id": scene.reactor.id,
        "area_id": scene.area.id,
        "began_at": began,
        "opened_at": began + timedelta(minutes=2),
        "contained_at": began + timedelta(minutes=20),
        "closed_at": began + timedelta(minutes=60),
    }
    return await made(session, Incident(**{**values, **fields}))


async def flooded(session: AsyncSession, incident: Incident) -> int:
    """A flood of alarms that counts to it; gives its id."""
    at = incident.began_at
    flood = await made(session, AlarmGroup(site_id=incident.site_id, opened_at=at, last_raised_at=at))
    source = IncidentSource(site_id=incident.site_id, incident_id=incident.id, kind="group", source_id=flood.id, at=at)
    await made(session, source)
    return flood.id


async def explained(
    session: AsyncSession, incident: Incident, *, fused: str = "", place: str = "", confirmed: str = ""
) -> Trace:
    """A trace of a flood of its: by all evidence ``fused`` comes first, by readings ``place``."""
    likely = {"probability": 0.6, "title": "", "title_en": ""}
    result = {
        "fused": [
            {"key": "rest", "contributes": False, **likely},
            {"key": "equipment:1/factor.rain", "contributes": True, **likely},
            *([{"key": fused, "contributes": False, **likely}] if fused else []),
        ],
        "causes": [{"node": place, "probability": 0.5}] if place else [],
    }
    window = {"window_from": incident.began_at, "window_to": incident.opened_at, "made_at": incident.opened_at}
    trace = Trace(site_id=incident.site_id, group_id=await flooded(session, incident), result=result, **window)
    trace.confirmed_node = confirmed
    return await made(session, trace)


async def warned_of(session: AsyncSession, incident: Incident, at: datetime, **fields: Any) -> Alarm:
    """An early warning that counts to it."""
    values = {
        "site_id": incident.site_id,
        "condition_key": unique("k"),
        "kind": "threshold",
        "level": Level.GENERAL,
        "title": "预警",
        "title_en": "Warning",
        "warning": True,
        "state": "closed",
        "raised_at": at,
    }
    alarm = await made(session, Alarm(**{**values, **fields}))
    source = {"site_id": incident.site_id, "incident_id": incident.id, "kind": "alarm", "at": at}
    await made(session, IncidentSource(**source, source_id=alarm.id))
    return alarm
