"""A closed incident whose review has something to ask for: pressure crept up for half an hour before the first alarm,
the pump's seal was the cause, and venting turned it back."""

from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import AlarmRule, Level
from backend.core.clock import now
from backend.core.database import Database
from backend.incidents.commands import Ending, close, contain, log_disposal
from backend.incidents.models import Incident, IncidentTrend
from backend.incidents.recording import Said
from backend.incidents.review.making import review_incident
from backend.lessons.models import Suggestion
from backend.lessons.reviewed.working import suggest_from_review
from backend.plant.models import Point
from backend.telemetry.partitions import ensure_partitions
from backend.tracing.models import Trace
from tests.factories import make_rule
from tests.incidents.review_scene import told_trace
from tests.incidents.scene import Scene, incidents, raised, watched

SINCE = timedelta(minutes=20)
"""So long ago it broke out; it was vented ten minutes later."""
CAUSE = "pump.seal"


PRESSURE_HIGH = {
    "name": "反应器压力",
    "name_en": "Reactor pressure",
    "parameters": {"limits": {"H": {"value": 8.0}}},
    "deadband": 0.2,
}
"""High at 8."""


async def limit_rule(database: Database, scene: Scene) -> AlarmRule:
    """The rule that raises the alarm."""
    async with database.session() as session:
        return await make_rule(session, scene.site, scene.points["pressure"], **PRESSURE_HIGH)


async def closed_incident(database: Database, scene: Scene, rule: AlarmRule | None = None) -> Incident:
    """As above, with its report written."""
    broke_out = now() - SINCE
    fields = {"rule_id": rule.id, "limit_name": "H"} if rule else {}
    known = {one.id for one in await incidents(database, scene)}
    await raised(database, scene, **fields)
    await raised(database, scene, "temperature", level=Level.MAJOR)
    await watched(database)
    [incident] = [one for one in await incidents(database, scene) if one.id not in known]
    await told_trace(database, scene, incident)
    if rule:
        await crept_up(database, scene.points["pressure"], broke_out)
    async with database.session(site_id=scene.site.id) as session:
        await set_back(session, incident, broke_out)
        trace = (await session.scalars(select(Trace).where(col(Trace.group_id) == incident.group_id))).one()
        trace.confirmed_node, trace.confirmed_by = f"equipment:{scene.pump.id}/{CAUSE}", scene.leader.person_id
        moments = {"since": broke_out, "until": now()}
        about = {"incident_id": incident.id, "point_id": scene.points["pressure"].id, **moments}
        await session.merge(IncidentTrend(site_id=scene.site.id, nearness="sign", position=0, **about))
        vented = Said("已开放空阀", captured_at=broke_out + timedelta(minutes=10))
        await log_disposal(session, scene.worker, incident.id, "relieve", vented)
        await contain(session, scene.leader, incident.id, Said())
    async with database.session(site_id=scene.site.id) as session:
        await close(session, scene.manager, incident.id, Ending(), Said())
    async with database.session() as session:
        await review_incident(session, incident.id)
        await session.execute(
            text("UPDATE alarm SET state = 'closed', closed_at = now() WHERE group_id = :group"),
            {"group": incident.group_id},
        )
    return incident


async def set_back(session: AsyncSession, incident: Incident, broke_out: datetime) -> None:
    """As if it and its alarms had come then, and not just now."""
    moment = {"at": broke_out, "group": incident.group_id, "id": incident.id}
    for statement in (
        "UPDATE alarm SET raised_at = :at, last_raised_at = :at WHERE group_id = :group",
        "UPDATE incident SET began_at = :at, opened_at = :at WHERE id = :id",
    ):
        await session.execute(text(statement), moment)


async def crept_up(database: Database, point: Point, broke_out: datetime) -> None:
    """Two usual days at 5, then half an hour up to 8.2, which is held until the venting."""
    minutes = np.arange(-2 * 1440, 20)
    values = 5 + 0.1 * np.sin(minutes / 7.0)
    values = np.where(minutes > -30, np.minimum(5 + 3.2 * (minutes + 30) / 30, 8.2), values)
    values = np.where(minutes >= 10, 5.0, values)
    async with database.session() as session:
        await ensure_partitions(session, [(broke_out - timedelta(days=n)).date() for n in (-1, 0, 1, 2, 3)])
        await session.execute(
            text(
                "INSERT INTO reading(site_id, point_id, at, value, quality, received_at) SELECT :site, :point, "
                "CAST(:start AS timestamptz) + m * interval '1 minute', v, 0, now() "
                "FROM unnest(CAST(:minutes AS int[]), CAST(:values AS float8[])) AS x(m, v) ON CONFLICT DO NOTHING"
            ),
            {
                "site": point.site_id,
                "point": point.id,
                "start": broke_out - timedelta(seconds=1),
                "minutes": [int(one) for one in minutes],
                "values": [float(one) for one in values],
            },
        )


async def suggested_from(database: Database, incident: Incident) -> int:
    """The worker suggests once."""
    async with database.session() as session:
        return await suggest_from_review(session, incident.id)


async def suggestions_of(database: Database, scene: Scene) -> dict[str, Suggestion]:
    """All of the site by their keys."""
    async with database.session() as session:
        wanted = select(Suggestion).where(col(Suggestion.site_id) == scene.site.id)
        return {one.key: one for one in await session.scalars(wanted.order_by(col(Suggestion.key)))}
