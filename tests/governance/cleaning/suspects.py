"""Suspect data at the small plant of ``tests.incidents.scene``: records of people, values of points, and the worker's
looks at them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import col

from backend.checkins.models import CheckIn, CheckInAnswer
from backend.core.clock import now
from backend.core.database import Database
from backend.governance.cleaning.models import CleaningCase, CleaningRecord
from backend.governance.cleaning.rounds import look_through
from backend.hazards.models import Rectification
from backend.hazards.reports.models import Factor, HazardReport, ReportState
from backend.telemetry.models import Quality, Reading, Source
from backend.telemetry.partitions import ensure_partitions
from backend.telemetry.quality.rolling import roll_quality
from tests.factories import made, unique
from tests.incidents.scene import Scene

ZONE = ZoneInfo("Asia/Shanghai")
LEAK, LEAK_AGAIN, RAIL = "一号泵机封漏油，地面有油", "一号泵机封漏油 地面都是油", "护栏松动，一推就晃"


async def reported(database: Database, scene: Scene, words: str = LEAK, **fields: Any) -> int:
    """A report of the pump an hour ago that a leader accepted; gives its id."""
    usual = {
        "site_id": scene.site.id, "number": unique("SB-"), "details": words, "factor": Factor.OBJECT,
        "level": "general", "state": ReportState.ACCEPTED, "equipment_id": scene.pump.id, "area_id": scene.area.id,
        "reporter_id": scene.worker.person_id, "created_at": now() - timedelta(hours=1),
    }  # fmt: skip
    async with database.session() as session:
        return (await made(session, HazardReport(**{**usual, **fields}))).id


async def rectified(database: Database, scene: Scene, title: str, **fields: Any) -> int:
    """A rectification of the pump that is open."""
    usual = {
        "site_id": scene.site.id, "number": unique("ZG-"), "title": title, "measure": "换机封", "level": "general",
        "owner_id": scene.worker.person_id, "opened_by": scene.leader.person_id, "equipment_id": scene.pump.id,
        "area_id": scene.area.id, "deadline": now() + timedelta(days=2), "created_at": now() - timedelta(hours=1),
    }  # fmt: skip
    async with database.session() as session:
        return (await made(session, Rectification(**{**usual, **fields}))).id


async def checked_in(database: Database, scene: Scene, at: datetime, answer: str = "", **fields: Any) -> int:
    """A check-in at the pump with one number, or none."""
    usual = {
        "site_id": scene.site.id, "equipment_id": scene.pump.id, "person_id": scene.worker.person_id, "at": at,
        "proof": "label",
    }  # fmt: skip
    async with database.session() as session:
        one = await made(session, CheckIn(**{**usual, **fields}))
        if answer:
            said = CheckInAnswer(site_id=scene.site.id, check_in_id=one.id, position=0, kind="reading", verdict="well")
            said.title, said.title_en, said.unit, said.answer = "出口压力", "Outlet pressure", "MPa", answer
            await made(session, said)
        return one.id


async def sent(
    database: Database, scene: Scene, since: datetime, values: Sequence[tuple[float, int]], point: str = "pressure"
) -> None:
    """Readings of the point a minute apart, each with its flags; the worker has counted their hours."""
    one = scene.points[point]
    async with database.session() as session:
        await ensure_partitions(session, [(since + timedelta(days=n)).date() for n in (0, 1)])
        for n, (value, quality) in enumerate(values):
            at = since + timedelta(minutes=n)
            row = Reading(site_id=scene.site.id, point_id=one.id, at=at, value=value, quality=quality, received_at=at)
            await made(session, row)


async def counted(database: Database, scene: Scene) -> None:
    """The gateway is known for twelve hours, and the worker counts what it sent."""
    async with database.session() as session:
        known = select(Source).where(col(Source.site_id) == scene.site.id)
        if await session.scalar(known) is None:
            first = now() - timedelta(hours=12)
            await made(session, Source(site_id=scene.site.id, code="gw-1", first_seen_at=first))
            for point in scene.points.values():
                session.add(point)
                point.source, point.created_at = "gw-1", first
    async with database.session() as session:
        await roll_quality(session, scene.site.id)


async def looked(database: Database, scene: Scene) -> int:
    """The worker looks once; gives how many cases it made or extended."""
    async with database.session() as session:
        return await look_through(session, scene.site.id, ZONE)


async def cases(database: Database, scene: Scene, **wanted: str) -> Sequence[CleaningCase]:
    """Cases of the plant, the oldest first."""
    async with database.session() as session:
        found = select(CleaningCase).where(col(CleaningCase.site_id) == scene.site.id).filter_by(**wanted)
        return (await session.scalars(found.order_by(col(CleaningCase.id)))).all()


async def records(database: Database, case_id: int) -> Mapping[int, bool]:
    """The records of a case, and whether each is suspect."""
    async with database.session() as session:
        rows = await session.scalars(select(CleaningRecord).where(col(CleaningRecord.case_id) == case_id))
        return {row.record_id: row.suspect for row in rows}


STUCK, WILD, GOOD = int(Quality.STUCK), int(Quality.OUT_OF_RANGE), 0
