"""Suspect data of the demo plant: a leak that was reported twice, and a point whose values stood still."""

from datetime import timedelta

from sqlalchemy import select
from sqlmodel import col

from backend.core.clock import now
from backend.core.database import Database
from backend.governance.cleaning.finding_records import find_repeated
from backend.governance.cleaning.models import CaseState, CleaningCase, CleaningRecord, Subject, Suspicion
from backend.hazards.reports.models import Factor, HazardReport, ReportState
from backend.identity.models import Person, Site
from backend.plant.models import Area, Point
from tests.factories import made, make_equipment, unique

WORDS = ("Gland of the slurry pump leaks, oil on the floor", "Gland of the slurry pump leaks: much oil on the floor")


async def reported_twice(database: Database, name: str) -> int:
    """Reports by worker1 of a pump called ``name`` in an area of leader1's team, one repeating the other; gives the id
    of their case."""
    async with database.session() as session:
        people = {
            one.account: one
            for one in await session.scalars(select(Person).where(col(Person.account).in_(["worker1", "leader1"])))
        }
        worker, team_id = people["worker1"], people["leader1"].team_id
        areas = select(Area).where(col(Area.site_id) == worker.site_id, col(Area.team_id) == team_id)
        area = (await session.scalars(areas.limit(1))).one()
        pump = await make_equipment(session, await session.get_one(Site, worker.site_id), area, name=name, name_en=name)
        for minutes, words in zip((50, 20), WORDS, strict=True):
            one = HazardReport(site_id=worker.site_id, number=unique("SB-D"), factor=Factor.OBJECT, level="general")
            one.details, one.state, one.equipment_id, one.area_id = words, ReportState.ACCEPTED, pump.id, area.id
            one.reporter_id, one.created_at = worker.id, now() - timedelta(minutes=minutes)
            last = await made(session, one)
        await find_repeated(session, worker.site_id, now() - timedelta(hours=1))
        record = select(CleaningRecord).where(
            col(CleaningRecord.kind) == "report", col(CleaningRecord.record_id) == last.id
        )
        return (await session.scalars(record)).one().case_id


async def suspected(database: Database) -> dict[str, int | None]:
    """Ids of a case of each: values that stood still, reports."""
    async with database.session() as session:
        leader = (await session.scalars(select(Person).where(col(Person.account) == "leader1"))).one()
        points = select(Point).where(col(Point.site_id) == leader.site_id, col(Point.equipment_id).is_not(None))
        point = (await session.scalars(points.order_by(col(Point.id)).limit(1))).one()
        since, until = now() - timedelta(minutes=12), now() - timedelta(minutes=2)
        stood = {"stretches": [[since.isoformat(), until.isoformat(), 60]], "low": 3.5, "high": 3.5}
        case = CleaningCase(
            site_id=leader.site_id, suspicion=Suspicion.STUCK, subject=Subject.VALUES, key=unique("stuck:pages"),
            point_id=point.id, equipment_id=point.equipment_id, team_id=leader.team_id, since=since, until=until,
            count=60, evidence=stood, state=CaseState.OPEN,
        )  # fmt: skip
        stuck = (await made(session, case)).id
    return {"stood": stuck, "twice": await reported_twice(database, "Slurry pump of the pages")}
