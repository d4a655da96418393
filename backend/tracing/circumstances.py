"""What stands around a trace as people see it: who asked for it, what was ruled out, looks on site; and all traces."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, String, cast, exists, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH, distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Alarm
from backend.core.jobs import Job, JobStatus
from backend.core.statements import among
from backend.hazards.models import Rectification
from backend.hazards.reports.models import HazardReport
from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.plant.models import Equipment, Point
from backend.tracing.checks.queries import CheckView, checks_of
from backend.tracing.library.titles import is_library_key
from backend.tracing.models import TRACE_JOB, Trace, TraceDismissal
from backend.tracing.naming import FIRST_FUSED, first_cause
from backend.tracing.queries import NodeName, PersonName, node_names, people_by_id
from backend.tracing.versions.learning import OTHER

PAGE = 40


@dataclass(frozen=True)
class Subject:
    """What a person asked about: its names and where it stands."""

    name: str
    name_en: str
    url: str


@dataclass(frozen=True)
class Circumstances:
    """Around one trace. ``failed``: its worker gave up."""

    subject: Subject | None
    asked_by: PersonName | None
    dismissed: dict[str, PersonName | None] = field(default_factory=dict)
    names: dict[str, NodeName] = field(default_factory=dict)
    """Of what was ruled out."""
    checks: Sequence[CheckView] = ()
    failed: bool = False

    def ruled_out(self, fused: bool) -> dict[str, PersonName | None]:
        """Who ruled out what: causes of the fused list, or places by the readings."""
        return {node: person for node, person in self.dismissed.items() if is_library_key(node) == fused}

    def check_of(self, node: str) -> CheckView | None:
        """The newest look at a cause that a leader asked for."""
        return next((one for one in self.checks if one.check.node == node and one.check.asked_by is not None), None)


async def circumstances(session: AsyncSession, actor: Actor, trace: Trace) -> Circumstances:
    """All of it for one trace that the actor may see."""
    dismissals = (
        await session.scalars(
            select(TraceDismissal)
            .where(visible(actor, TraceDismissal), col(TraceDismissal.trace_id) == trace.id)
            .order_by(col(TraceDismissal.id))
        )
    ).all()
    people = await people_by_id(
        session, actor, {*(one.person_id for one in dismissals), *([trace.asked_by] if trace.asked_by else [])}
    )
    return Circumstances(
        await subject_of(session, actor, trace.asked_for),
        people.get(trace.asked_by or 0),
        {one.node: people.get(one.person_id) for one in dismissals},
        await node_names(session, actor, [one.node for one in dismissals]),
        await checks_of(session, actor, trace.id),
        await _has_failed(session, actor, trace) if not trace.revision else False,
    )


async def subject_of(session: AsyncSession, actor: Actor, asked_for: str) -> Subject | None:
    """Names of what a trace by hand is about; None for the plant as a whole and for what is gone."""
    kind, _, number = asked_for.partition(":")
    if kind in {"point", "equipment"}:
        node = (await node_names(session, actor, [asked_for])).get(asked_for)
        return Subject(node.name, node.name_en, node.url) if node else None
    if kind == "report":
        report = await session.scalar(
            select(HazardReport).where(visible(actor, HazardReport), col(HazardReport.id) == int(number))
        )
        return Subject(report.number, report.number, f"/reports/{report.id}") if report else None
    if kind == "rectification":
        one = await session.scalar(
            select(Rectification).where(visible(actor, Rectification), col(Rectification.id) == int(number))
        )
        return Subject(one.number, one.number, f"/rectifications/{one.id}") if one else None
    return None


async def _has_failed(session: AsyncSession, actor: Actor, trace: Trace) -> bool:
    status = await session.scalar(
        select(col(Job.status))
        .where(
            col(Job.kind) == TRACE_JOB, col(Job.site_id) == actor.site_id, col(Job.dedupe_key) == f"trace:{trace.id}"
        )
        .order_by(col(Job.id).desc())
        .limit(1)
    )
    return status == JobStatus.DEAD


@dataclass(frozen=True)
class Listed:
    """A trace in the list: its first alarm or what was asked for, and its probable root."""

    trace: Trace
    alarm: Alarm | None
    subject: Subject | None
    root: NodeName | None
    probability: float

    @property
    def at(self) -> datetime:
        """When it was first asked for or made."""
        return self.trace.first_made_at


async def traces(
    session: AsyncSession, actor: Actor, *, words: str = "", origin: str = "", before: int | None = None
) -> list[Listed]:
    """Traces, the newest first, ``PAGE`` and one more. ``words``: in an alarm's title or the name of a cause."""
    query = select(Trace).where(visible(actor, Trace)).order_by(col(Trace.id).desc()).limit(PAGE + 1)
    if origin:
        query = query.where(col(Trace.origin) == origin)
    if before is not None:
        query = query.where(col(Trace.id) < before)
    if words.strip():
        query = query.where(_named(actor, words.strip()))
    found = (await session.scalars(query)).all()
    roots = {trace.id: root_of(trace) for trace in found}
    names = await node_names(session, actor, {root for root, _ in roots.values() if root})
    first = await _first_alarms(session, actor, [trace.group_id for trace in found if trace.group_id])
    return [
        Listed(
            trace,
            first.get(trace.group_id or 0),
            await subject_of(session, actor, trace.asked_for) if trace.asked_for else None,
            names.get(roots[trace.id][0]),
            roots[trace.id][1],
        )
        for trace in found
    ]


def root_of(trace: Trace) -> tuple[str, float]:
    """The root that a person confirmed, else the first cause, with the probability that the trace gives it (0: none);
    ("", 0) for another cause and without any."""
    if trace.confirmed_node:
        chances = {one["key"]: float(one["probability"]) for one in trace.result.get("fused", [])}
        chances |= {cause["node"]: float(cause["probability"]) for cause in trace.result["causes"]}
        root = "" if trace.confirmed_node == OTHER else trace.confirmed_node
        return root, chances.get(root, 0.0)
    first = first_cause(trace.result)
    return (first.key, first.probability) if first else ("", 0.0)


def _named(actor: Actor, words: str) -> ColumnElement[bool]:
    like = "%" + words.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
    titled = exists().where(
        visible(actor, Alarm),
        col(Alarm.group_id) == col(Trace.group_id),
        or_(col(Alarm.title).ilike(like), col(Alarm.title_en).ilike(like)),
    )
    place = Trace.result[("causes", "0", "node")].astext  # type: ignore[index]
    first = func.jsonb_path_query_first(Trace.result, cast(FIRST_FUSED, JSONPATH), type_=JSONB)
    top = func.split_part(first["key"].astext, "/", 1)
    confirmed = func.split_part(col(Trace.confirmed_node), "/", 1)
    of_point = exists().where(
        visible(actor, Point),
        or_(col(Point.name).ilike(like), col(Point.name_en).ilike(like)),
        ("point:" + cast(col(Point.id), String)).in_([top, place, confirmed, col(Trace.asked_for)]),
    )
    of_equipment = exists().where(
        visible(actor, Equipment),
        or_(col(Equipment.name).ilike(like), col(Equipment.name_en).ilike(like)),
        ("equipment:" + cast(col(Equipment.id), String)).in_([top, place, confirmed, col(Trace.asked_for)]),
    )
    return or_(titled, of_point, of_equipment, *(first[one].astext.ilike(like) for one in ("title", "title_en")))


async def _first_alarms(session: AsyncSession, actor: Actor, group_ids: list[int]) -> dict[int, Alarm]:
    rows = await session.scalars(
        select(Alarm)
        .ext(distinct_on(col(Alarm.group_id)))
        .where(visible(actor, Alarm), among(col(Alarm.group_id), group_ids))
        .order_by(col(Alarm.group_id), col(Alarm.raised_at), col(Alarm.id))
    )
    return {alarm.group_id or 0: alarm for alarm in rows}
