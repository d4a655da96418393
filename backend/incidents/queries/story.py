"""One incident with everything its page shows: its log, from what it is known, how it was just before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Alarm
from backend.hazards.reports.models import HazardReport
from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.identity.permissions import visible
from backend.identity.scoping import get_visible
from backend.incidents.models import Disposal, DisposalPhoto, IncidentSource, IncidentTrend, SourceKind
from backend.incidents.queries.listing import Card, card
from backend.incidents.review.aftermath import Aftermath, aftermaths
from backend.plant.models import Point

MOST_SOURCES = 60
MOST_LINES = 500


@dataclass(frozen=True)
class Told:
    """A line of the log with who wrote it and its pictures; ``late``: it came after the incident was over."""

    line: Disposal
    person: Person | None
    photos: Sequence[DisposalPhoto]
    late: bool
    after: Aftermath | None
    """How readings changed in the minutes after it; None of what moves none, or where there are no readings."""


@dataclass(frozen=True)
class Sign:
    """An alarm or hazard from which the incident is known."""

    kind: str
    at: datetime
    title: str
    title_en: str
    level: str
    url: str


@dataclass(frozen=True)
class Before:
    """A point near it, and how it was in the minutes before."""

    trend: IncidentTrend
    point: Point


@dataclass(frozen=True)
class Story:
    """An incident with everything its page shows; the newest line first."""

    card: Card
    lines: Sequence[Told]
    signs: Sequence[Sign]
    before: Sequence[Before]
    people: dict[int, Person]
    """Whom the lines name besides their writers: who was put in charge."""

    @property
    def first_alarm(self) -> str:
        """Where the first alarm is shown; empty without one."""
        return next((sign.url for sign in self.signs if sign.kind == SourceKind.ALARM), "")


async def story(session: AsyncSession, actor: Actor, incident_id: int) -> Story:
    """One incident. Raises NotFound, also for one of another site."""
    shown = await card(session, actor, incident_id)
    lines = await _lines(session, actor, shown)
    return Story(
        shown,
        lines,
        await _signs(session, actor, incident_id),
        await _before(session, actor, incident_id),
        await _named(session, actor, [told.line for told in lines]),
    )


async def _lines(session: AsyncSession, actor: Actor, shown: Card) -> list[Told]:
    incident = shown.incident
    rows = (
        await session.execute(
            select(Disposal, Person)
            .outerjoin(Person, col(Person.id) == col(Disposal.person_id))
            .where(visible(actor, Disposal), col(Disposal.incident_id) == incident.id)
            .order_by(col(Disposal.at).desc(), col(Disposal.id).desc())
            .limit(MOST_LINES)
        )
    ).all()
    photos = await session.scalars(
        select(DisposalPhoto)
        .where(visible(actor, DisposalPhoto), col(DisposalPhoto.disposal_id).in_([line.id for line, _ in rows]))
        .order_by(col(DisposalPhoto.id))
    )
    of_line: dict[int, list[DisposalPhoto]] = {}
    for photo in photos:
        of_line.setdefault(photo.disposal_id, []).append(photo)
    after = await aftermaths(session, actor, [line for line, _ in rows])
    ended = incident.closed_at
    return [
        Told(
            line,
            person,
            of_line.get(line.id, []),
            ended is not None and line.received_at > ended and line.at < ended,
            after.get(line.id),
        )
        for line, person in rows
    ]


async def _signs(session: AsyncSession, actor: Actor, incident_id: int) -> list[Sign]:
    """Alarms and accepted hazards, the first first; people's own words stand in the log."""
    kind, id_ = col(IncidentSource.kind), col(IncidentSource.source_id)
    rows = await session.execute(
        select(IncidentSource, Alarm, HazardReport)
        .outerjoin(Alarm, and_(kind == SourceKind.ALARM, col(Alarm.id) == id_))
        .outerjoin(HazardReport, and_(kind == SourceKind.REPORT, col(HazardReport.id) == id_))
        .where(
            visible(actor, IncidentSource),
            col(IncidentSource.incident_id) == incident_id,
            kind.in_([SourceKind.ALARM, SourceKind.REPORT]),
        )
        .order_by(col(IncidentSource.at), col(IncidentSource.id))
        .limit(MOST_SOURCES)
    )
    return [_sign(*row) for row in rows]


def _sign(source: IncidentSource, alarm: Alarm | None, report: HazardReport | None) -> Sign:
    if alarm is not None:
        return Sign(source.kind, source.at, alarm.title, alarm.title_en, alarm.level, f"/alarms/{alarm.id}")
    number, level = (report.number, report.level) if report else ("", "")
    return Sign(source.kind, source.at, number, number, level, f"/reports/{source.source_id}")


async def _before(session: AsyncSession, actor: Actor, incident_id: int) -> list[Before]:
    rows = await session.execute(
        select(IncidentTrend, Point)
        .join(Point, col(Point.id) == col(IncidentTrend.point_id))
        .where(visible(actor, IncidentTrend), col(IncidentTrend.incident_id) == incident_id)
        .order_by(col(IncidentTrend.position))
    )
    return [Before(*row) for row in rows]


async def _named(session: AsyncSession, actor: Actor, lines: Sequence[Disposal]) -> dict[int, Person]:
    ids = {id_ for line in lines for id_ in line.change.get("lead_id", []) if id_}
    if not ids:
        return {}
    found = await session.scalars(select(Person).where(visible(actor, Person), col(Person.id).in_(ids)))
    return {person.id: person for person in found}


async def disposal(session: AsyncSession, actor: Actor, disposal_id: int) -> Disposal:
    """One line of a log. Raises NotFound, also for one of another site."""
    return await get_visible(session, actor, Disposal, disposal_id)


async def photo(session: AsyncSession, actor: Actor, photo_id: int) -> DisposalPhoto:
    """One picture. Raises NotFound, also for one of another site."""
    return await get_visible(session, actor, DisposalPhoto, photo_id)
