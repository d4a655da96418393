"""Records of people as a case shows them: what they say, who made them, when, and whether they count."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.checkins.models import CheckIn
from backend.exclusions.models import Exclusion, RecordKind
from backend.governance.cleaning.models import CleaningRecord
from backend.hazards.models import Rectification
from backend.hazards.reports.models import HazardReport
from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.identity.permissions import visible
from backend.plant.models import Area, Equipment

Key = tuple[str, int]


@dataclass(frozen=True)
class RecordView:
    """``words``: people's own; ``at``: when it was made, ``received``: when it came."""

    kind: str
    id: int
    number: str
    words: str
    by: Person | None
    at: datetime
    received: datetime
    equipment: Equipment | None
    area: Area | None
    url: str
    excluded: bool


_TABLES: Mapping[str, tuple[Any, Any]] = {
    RecordKind.REPORT: (HazardReport, col(HazardReport.reporter_id)),
    RecordKind.RECTIFICATION: (Rectification, col(Rectification.owner_id)),
    RecordKind.CHECKIN: (CheckIn, col(CheckIn.person_id)),
}


async def holds_own(session: AsyncSession, actor: Actor, case_id: int) -> bool:
    """Whether a record of the case was made, or is answered for, by the actor."""
    own = [
        select(col(CleaningRecord.id))
        .join(model, and_(model.id == col(CleaningRecord.record_id), col(CleaningRecord.kind) == kind))
        .where(
            visible(actor, CleaningRecord),
            visible(actor, model),
            col(CleaningRecord.case_id) == case_id,
            by == actor.person_id,
        )
        .exists()
        for kind, (model, by) in _TABLES.items()
    ]
    return bool(await session.scalar(select(or_(*own))))


async def records_shown(session: AsyncSession, actor: Actor, keys: Collection[Key]) -> Mapping[Key, RecordView]:
    """Of each of ``keys`` that the actor may see: one statement a kind."""
    out = await _excluded(session, actor, keys)
    found: dict[Key, RecordView] = {}
    for kind, (model, by) in _TABLES.items():
        ids = [id_ for one, id_ in keys if one == kind]
        if not ids:
            continue
        wanted = (
            select(model, Person, Equipment, Area)
            .outerjoin(Person, and_(visible(actor, Person), col(Person.id) == by))
            .outerjoin(Equipment, and_(visible(actor, Equipment), col(Equipment.id) == model.equipment_id))
            .outerjoin(Area, and_(visible(actor, Area), col(Area.id) == model.area_id))
            .where(visible(actor, model), model.id.in_(ids))
        )
        for row, person, equipment, area in await session.execute(wanted):
            places = (equipment, area)
            found[kind, row.id] = _view(kind, row, person, places, excluded=(kind, row.id) in out)
    return found


async def _excluded(session: AsyncSession, actor: Actor, keys: Collection[Key]) -> set[Key]:
    wanted = select(col(Exclusion.kind), col(Exclusion.record_id)).where(
        visible(actor, Exclusion),
        col(Exclusion.lifted_at).is_(None),
        col(Exclusion.record_id).in_({id_ for _, id_ in keys}),
        col(Exclusion.kind).in_(sorted({kind for kind, _ in keys})),
    )
    return {(kind, id_) for kind, id_ in await session.execute(wanted)}


def _view(kind: str, row: Any, by: Person | None, places: Sequence[Any], *, excluded: bool) -> RecordView:
    equipment, area = places
    if isinstance(row, HazardReport):
        words = row.title or row.details
        made, url = row.captured_at or row.created_at, f"/reports/{row.id}"
    elif isinstance(row, Rectification):
        words, made, url = row.title, row.created_at, f"/rectifications/{row.id}"
    else:
        words, made, url = row.note, row.at, f"/checkins/records/{row.id}"
    return RecordView(kind, row.id, row.number, words, by, made, row.created_at, equipment, area, url, excluded)
