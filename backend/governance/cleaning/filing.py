"""Files cases: new ones once, open ones extended, decided ones never touched. Called by the finders; worker role."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.exclusions.models import RecordKind
from backend.governance.cleaning.models import CaseState, CleaningCase, CleaningRecord, Subject, Suspicion
from backend.governance.cleaning.queries.alarms import ALARMS_WITHIN, within
from backend.governance.cleaning.stretching import Stretch
from backend.identity.permissions import system_query

_TEAM_OF_POINT = """
SELECT p.equipment_id, COALESCE(p.area_id, e.area_id) AS area_id, a.team_id, p.source
FROM point p LEFT JOIN equipment e ON e.id = p.equipment_id LEFT JOIN area a ON a.id = COALESCE(p.area_id, e.area_id)
WHERE p.site_id = :site AND p.id = :point
"""


@dataclass(frozen=True)
class Found:
    """A case as its finder sees it. ``records``: what it is about, whether each is suspect."""

    suspicion: Suspicion
    subject: Subject
    key: str
    since: datetime
    until: datetime
    count: int
    evidence: Mapping[str, Any]
    concerns: int = 0
    place: Mapping[str, Any] = field(default_factory=dict)
    """``point_id``, ``equipment_id``, ``area_id``, ``person_id``, ``team_id``, ``source``, as far as there is one."""
    records: Sequence[tuple[RecordKind, int, bool]] = ()


@system_query("the worker looks for suspect data at every site")
async def file_case(session: AsyncSession, site_id: int, found: Found) -> int | None:
    """Make the case with its records; gives its id, None when it is there already."""
    made = (
        insert(CleaningCase)
        .values(
            site_id=site_id,
            suspicion=found.suspicion,
            subject=found.subject,
            key=found.key,
            since=found.since,
            until=found.until,
            count=found.count,
            concerns=found.concerns,
            evidence=dict(found.evidence),
            state=CaseState.OPEN,
            **{"source": "", **found.place},
        )
        .on_conflict_do_nothing(index_elements=["site_id", "key"])
        .returning(col(CleaningCase.id))
    )
    case_id: int | None = await session.scalar(made)
    if case_id is not None:
        await add_records(session, site_id, case_id, found.suspicion, found.records)
    return case_id


@system_query("the worker looks for suspect data at every site")
async def extend_case(session: AsyncSession, case_id: int, **values: Any) -> bool:
    """Change an open case; False where somebody has decided meanwhile."""
    changed = await session.scalar(
        update(CleaningCase)
        .where(col(CleaningCase.id) == case_id, col(CleaningCase.state) == CaseState.OPEN)
        .values(**values)
        .returning(col(CleaningCase.id))
    )
    return changed is not None


@system_query("the worker looks for suspect data at every site")
async def add_records(
    session: AsyncSession,
    site_id: int,
    case_id: int,
    suspicion: Suspicion,
    records: Iterable[tuple[RecordKind, int, bool]],
) -> None:
    """Put records to a case; one that was suspected for the same before stays where it is."""
    rows = [
        {"site_id": site_id, "case_id": case_id, "suspicion": suspicion, "kind": kind, "record_id": id_, "suspect": bad}
        for kind, id_, bad in records
    ]
    if rows:
        await session.execute(insert(CleaningRecord).values(rows).on_conflict_do_nothing())


@system_query("the worker looks for suspect data at every site")
async def open_case_of(session: AsyncSession, site_id: int, kind: RecordKind, record_id: int) -> int | None:
    """The open case of repetitions that a record is in."""
    wanted = (
        select(func.max(col(CleaningCase.id)))
        .join(CleaningRecord, col(CleaningRecord.case_id) == col(CleaningCase.id))
        .where(
            col(CleaningCase.site_id) == site_id,
            col(CleaningCase.state) == CaseState.OPEN,
            col(CleaningRecord.suspicion) == Suspicion.DUPLICATE,
            col(CleaningRecord.kind) == kind,
            col(CleaningRecord.record_id) == record_id,
        )
    )
    found: int | None = await session.scalar(wanted)
    return found


@system_query("the worker looks for suspect data at every site")
async def open_case_keyed(session: AsyncSession, site_id: int, begins: str) -> int | None:
    """The newest open case whose key begins so."""
    wanted = select(func.max(col(CleaningCase.id))).where(
        col(CleaningCase.site_id) == site_id,
        col(CleaningCase.state) == CaseState.OPEN,
        col(CleaningCase.key).startswith(begins, autoescape=True),
    )
    found: int | None = await session.scalar(wanted)
    return found


@system_query("the worker looks for suspect data at every site")
async def alarms_within(session: AsyncSession, site_id: int, point_id: int, stretches: Sequence[Stretch]) -> int:
    """How many alarms the point raised by values within ``stretches``."""
    return len((await session.execute(text(ALARMS_WITHIN), within(site_id, point_id, stretches))).all())


@system_query("the worker looks for suspect data at every site")
async def place_of_point(session: AsyncSession, site_id: int, point_id: int) -> dict[str, Any]:
    """Where the point is and whose it is, as ``Found.place``."""
    row = (await session.execute(text(_TEAM_OF_POINT), {"site": site_id, "point": point_id})).mappings().one()
    return {"point_id": point_id, **row}
