"""The cleaning queue of an estate (tests/identity/estate.py): suspect values that wait, a repeated report decided."""

from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.exclusions.models import Exclusion, RecordKind
from backend.governance.cleaning.models import (
    CaseState,
    CleaningCase,
    CleaningDecision,
    CleaningRecord,
    CleaningRound,
    PointDayLevel,
    Subject,
    Suspicion,
)
from backend.identity.models import Person
from backend.plant.models import Point
from tests.factories import made


async def make_marked_cleaning(
    session: AsyncSession, leader: Person, point: Point, report_id: int, mark: str
) -> dict[str, int]:
    """Gives ids by path parameter."""
    site: dict[str, Any] = {"site_id": point.site_id}
    since = now() - timedelta(hours=3)
    until = since + timedelta(hours=1)
    whose = {"point_id": point.id, "equipment_id": point.equipment_id, "team_id": leader.team_id}
    stood = {"stretches": [[since.isoformat(), until.isoformat(), 60]], "low": 4.2, "high": 4.2}
    waiting = CleaningCase(
        **site, **whose, suspicion=Suspicion.STUCK, subject=Subject.VALUES, key=f"{mark}1", since=since, until=until,
        count=60, concerns=1, evidence=stood,
    )  # fmt: skip
    decided = CleaningCase(
        **site, suspicion=Suspicion.DUPLICATE, subject=Subject.REPORTS, key=f"{mark}2", since=since, until=until,
        equipment_id=point.equipment_id, team_id=leader.team_id, count=1, concerns=1, evidence={"alike": 0.8},
        state=CaseState.EXCLUDED,
    )  # fmt: skip
    for row in (waiting, decided):
        await made(session, row)
    about: dict[str, Any] = {**site, "case_id": decided.id}
    said = CleaningDecision(**about, state=CaseState.EXCLUDED, note=mark, made_by=leader.id)
    record = CleaningRecord(**about, suspicion=Suspicion.DUPLICATE, kind=RecordKind.REPORT, record_id=report_id)
    out = Exclusion(**about, kind=RecordKind.REPORT, record_id=report_id, made_by=leader.id)
    level = PointDayLevel(**site, point_id=point.id, day=since.date(), level=4.2, samples=24)
    for one in (said, record, out, level, CleaningRound(**site)):
        await made(session, one)
    return {"cleaning_case_id": waiting.id}
