"""Finds records of people that repeat each other, came too late, or hold a slip of the thumb. Worker role."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping, func, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.exclusions.models import RecordKind
from backend.governance.cleaning.filing import (
    Found,
    add_records,
    extend_case,
    file_case,
    open_case_keyed,
    open_case_of,
)
from backend.governance.cleaning.likeness import ALIKE, EARLIER_WANTED, implausible, likeness
from backend.governance.cleaning.models import CleaningCase, Subject, Suspicion
from backend.governance.cleaning.queries.suspects import ANSWERS, CHECKINS, LATE, RECTIFICATIONS, REPORTS
from backend.identity.permissions import system_query
from backend.telemetry.quality.days import Norms, in_force, norms_of
from backend.telemetry.quality.models import Family

WITHIN = timedelta(hours=24)
"""Reports and rectifications of one place so near in time may be the same one."""
TWICE_WITHIN = timedelta(minutes=10)
"""One person checks in at one place twice: who walks a round is elsewhere by then."""

_TWICE = (
    (RecordKind.REPORT, Subject.REPORTS, REPORTS, WITHIN),
    (RecordKind.RECTIFICATION, Subject.RECTIFICATIONS, RECTIFICATIONS, WITHIN),
    (RecordKind.CHECKIN, Subject.CHECKINS, CHECKINS, TWICE_WITHIN),
)
_SOURCES = {RecordKind.CHECKIN: (Subject.CHECKINS, "checkins"), RecordKind.REPORT: (Subject.REPORTS, "reports")}


@system_query("the worker looks for suspect data at every site")
async def find_repeated(session: AsyncSession, site_id: int, since: datetime) -> int:
    """Reports, rectifications and check-ins received from ``since`` on that repeat an earlier one."""
    filed = 0
    for kind, subject, statement, within in _TWICE:
        rows = (await session.execute(text(statement), {"site": site_id, "since": since, "within": within})).mappings()
        for _, pairs in groupby(rows.all(), key=lambda row: row["id"]):
            for pair in pairs:
                like = 1.0 if pair["alike"] else likeness(pair["words"], pair["first_words"])
                if like >= ALIKE:
                    filed += await _file_repeated(session, site_id, kind, subject, pair, like)
                    break
    return filed


@system_query("the worker looks for suspect data at every site")
async def _file_repeated(
    session: AsyncSession, site_id: int, kind: RecordKind, subject: Subject, pair: RowMapping, like: float
) -> bool:
    first, later = int(pair["first"]), int(pair["id"])
    case_id = await open_case_of(session, site_id, kind, first)
    if case_id is not None and await extend_case(session, case_id, **_more(pair["at"], 1)):
        await add_records(session, site_id, case_id, Suspicion.DUPLICATE, [(kind, later, True)])
        return True
    place = {name: pair[name] for name in ("equipment_id", "area_id", "team_id")}
    moments = sorted((pair["first_at"], pair["at"]))
    found = Found(
        Suspicion.DUPLICATE,
        subject,
        f"duplicate:{kind}:{first}:{later}",
        moments[0],
        moments[1],
        count=1,
        concerns=1,
        evidence={"alike": round(like, 2)},
        place=place,
        records=[(kind, first, False), (kind, later, True)],
    )
    return await file_case(session, site_id, found) is not None


def _more(until: datetime, count: int) -> dict[str, Any]:
    """``count`` further records of a case, the last at ``until``."""
    case = CleaningCase
    return {
        "until": func.greatest(col(case.until), until),
        "count": col(case.count) + count,
        "concerns": col(case.concerns) + count,
    }


@system_query("the worker looks for suspect data at every site")
async def find_late(session: AsyncSession, site_id: int, zone: ZoneInfo, since: datetime) -> int:
    """Check-ins and reports received from ``since`` on, later after they were made than their norm allows: one case a
    person and day of receipt."""
    norms, filed = await norms_of(session, site_id, Family.PEOPLE), 0
    for kind, statement in LATE.items():
        rows = (await session.execute(text(statement), {"site": site_id, "since": since})).mappings().all()
        late = [row for row in rows if _lateness(row) > _allowed(norms, kind, row, zone)]
        days = groupby(late, key=lambda row: (row["person_id"], row["received"].astimezone(zone).date()))
        for (person_id, day), of_day in days:
            filed += await _file_late(session, site_id, kind, f"{person_id}:{day}", list(of_day))
    return filed


def _lateness(row: RowMapping) -> timedelta:
    span: timedelta = row["received"] - row["at"]
    return span


def _allowed(norms: Norms, kind: RecordKind, row: RowMapping, zone: ZoneInfo) -> timedelta:
    day = row["received"].astimezone(zone).date()
    return timedelta(seconds=in_force(norms, Family.PEOPLE, _SOURCES[kind][1], day).lateness_s)


@system_query("the worker looks for suspect data at every site")
async def _file_late(
    session: AsyncSession, site_id: int, kind: RecordKind, whose: str, rows: Sequence[RowMapping]
) -> bool:
    subject, source = _SOURCES[kind]
    first, latest_s = rows[0], int(max(_lateness(row) for row in rows).total_seconds())
    records = [(kind, int(row["id"]), True) for row in rows]
    case_id = await open_case_keyed(session, site_id, f"late:{kind}:{whose}:")
    if case_id is not None and await extend_case(session, case_id, **_more(rows[-1]["received"], len(rows))):
        await add_records(session, site_id, case_id, Suspicion.LATE, records)
        return True
    found = Found(
        Suspicion.LATE,
        subject,
        f"late:{kind}:{whose}:{records[0][1]}",
        min(row["at"] for row in rows),
        max(row["received"] for row in rows),
        count=len(rows),
        concerns=len(rows),
        evidence={"latest_s": latest_s},
        place={"person_id": first["person_id"], "team_id": first["team_id"], "source": source},
        records=records,
    )
    return await file_case(session, site_id, found) is not None


@system_query("the worker looks for suspect data at every site")
async def find_slips(session: AsyncSession, site_id: int, since: datetime) -> int:
    """Numbers in check-ins received from ``since`` on that lie far from what was answered there before."""
    rows = (await session.execute(text(ANSWERS), {"site": site_id, "since": since})).mappings().all()
    filed, done = 0, set[int]()
    for row in rows:
        earlier = [float(one) for one in row["answers"] or ()]
        if row["id"] in done or not implausible(float(row["answer"]), earlier):
            continue
        done.add(row["id"])
        said = {name: row[name] for name in ("title", "title_en", "unit", "answer")}
        place = {name: row[name] for name in ("person_id", "equipment_id", "area_id", "team_id")}
        found = Found(
            Suspicion.INVALID,
            Subject.CHECKINS,
            f"invalid:checkin:{row['id']}",
            row["at"],
            row["at"],
            count=1,
            concerns=1,
            evidence={**said, "usual": median(earlier), "earlier": max(len(earlier), EARLIER_WANTED)},
            place=place,
            records=[(RecordKind.CHECKIN, int(row["id"]), True)],
        )
        filed += await file_case(session, site_id, found) is not None
    return filed
