"""Alarms, hazards and incidents as facts of one shape, on which counts and rows stand.

- An alarm counts unless it is of AnSu's own watch or a person judged it false; its moment is when it was raised.
- A hazard counts once: as its report (unless merged into another or refused), or as its rectification where there is
  no report (unless cancelled, or a part of another); its moment is when it was recorded.
- An incident counts unless it was called off; its moment is its first sign.
- What somebody excluded counts nowhere.
- The accident type is that of an incident, of a near miss and a report that of what it might have become; empty where
  nobody told it, as of every rectification without a report. Alarms have none: null, which is neither told nor untold.

The cause is what a person confirmed at the trace of the flood it belongs to, else what that trace names first: told as
``incidents.history.queries.facts`` tells it.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlmodel import SQLModel, col

from backend.alarms.models import Alarm, RuleKind
from backend.core.statements import one_of
from backend.exclusions.models import RecordKind
from backend.exclusions.queries import counting
from backend.hazards.models import Rectification, RectificationState
from backend.hazards.reports.models import OPEN_STATES, HazardReport
from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.incidents.models import Incident, IncidentSource, IncidentState, SourceKind
from backend.operations.distribution.asked import HOURS, Source
from backend.plant.models import Area, Equipment, Point
from backend.tracing.models import Trace

SINCE: Any = bindparam("since")
UNTIL: Any = bindparam("until")
_NO_GROUP: Any = cast(null(), Integer)
_NO_WORDS: Any = cast(null(), String)
_COLUMNS = {
    "level": "level",
    "type": "type",
    "accident": "accident",
    "stage": "stage_id",
    "area": "area_id",
    "team": "team_id",
    "post": "post_id",
    "cause": "cause",
    "weekday": "weekday",
    "hour": "hour",
}
"""What narrows, and the column that it narrows."""
UNKNOWN_TEXT = frozenset({"type", "accident", "cause"})
"""Columns in which empty stands for what isn't known; in the others it is null."""


def facts(
    actor: Actor, sources: Sequence[Source], narrowed: Sequence[tuple[str, bool]], *, causes: bool
) -> Select[Any]:
    """All facts of ``sources`` from ``:since`` to before ``:until``.

    ``narrowed``: parameters whose value is bound by their name; with True those of which it isn't known. Columns:
    ``source``, ``kind`` (the table), ``id``, ``at``, ``level``, ``type``, ``accident``, ``equipment_id``,
    ``area_id``, ``stage_id``, ``team_id``, ``post_id``, ``weekday`` (1 is Monday), ``hour`` (first of its stretch),
    ``local`` (by the clock of ``:zone``), ``group_id``, and with ``causes`` those of ``with_causes``.
    """
    placed = _placed(actor, sources)
    if causes:
        placed = with_causes(actor, placed).cte("known")
    return select(placed).where(*(_condition(placed, name, unknown) for name, unknown in narrowed))


def with_causes(actor: Actor, found: CTE) -> Select[Any]:
    """Facts with ``cause`` (empty: not known), whether it is ``confirmed``, and ``trace_id``."""
    known = _causes(actor)
    return select(
        *found.c,
        func.coalesce(known.c.cause, "").label("cause"),
        func.coalesce(known.c.confirmed, False).label("confirmed"),
        known.c.trace_id,
    ).outerjoin(known, known.c.group_id == found.c.group_id)


def _condition(placed: CTE, name: str, unknown: bool) -> ColumnElement[bool]:
    column: ColumnElement[Any] = placed.c[_COLUMNS[name]]
    if unknown:
        return column == "" if name in UNKNOWN_TEXT else column.is_(None)
    return column == bindparam(name)


def _placed(actor: Actor, sources: Sequence[Source]) -> CTE:
    """With place and time; what is joined is small beside the facts."""
    parts = {Source.ALARM: [_alarms], Source.HAZARD: [_reports, _rectifications], Source.INCIDENT: [_incidents]}
    raw = union_all(*(part(actor) for source in sources for part in parts[source])).cte("raw")
    equipment, area_id = Equipment, func.coalesce(raw.c.area_id, col(Equipment.area_id))
    local = func.timezone(bindparam("zone"), raw.c.at)
    return (
        select(
            *(raw.c[name] for name in ("source", "kind", "id", "at", "level", "type", "accident", "equipment_id")),
            area_id.label("area_id"),
            func.coalesce(col(equipment.stage_id), col(Area.stage_id)).label("stage_id"),
            func.coalesce(raw.c.team_id, col(Area.team_id)).label("team_id"),
            col(equipment.owner_post_id).label("post_id"),
            cast(func.extract("isodow", local), Integer).label("weekday"),
            (cast(func.extract("hour", local), Integer) // HOURS * HOURS).label("hour"),
            local.label("local"),
            raw.c.group_id,
        )
        .outerjoin(equipment, and_(visible(actor, Equipment), col(equipment.id) == raw.c.equipment_id))
        .outerjoin(Area, and_(visible(actor, Area), col(Area.id) == area_id))
        .cte("placed")
    )


def _fact(source: Source, kind: str, at: Any, model: Any, **more: Any) -> Select[Any]:
    columns = {"type": literal(""), "accident": literal(""), "team_id": _NO_GROUP, "group_id": _NO_GROUP, **more}
    return select(
        literal(str(source)).label("source"),
        literal(kind).label("kind"),
        model.id.label("id"),
        at.label("at"),
        model.level.label("level"),
        model.equipment_id.label("equipment_id"),
        model.area_id.label("area_id"),
        *(columns[name].label(name) for name in ("type", "accident", "team_id", "group_id")),
    ).where(at >= SINCE, at < UNTIL)


def _alarms(actor: Actor) -> Select[Any]:
    """By what their point measures."""
    at = col(Alarm.raised_at)
    found = _fact(
        *(Source.ALARM, "alarm", at, Alarm),
        type=func.coalesce(col(Point.kind), ""),
        accident=_NO_WORDS,
        group_id=col(Alarm.group_id),
    )
    return found.outerjoin(Point, and_(visible(actor, Point), col(Point.id) == col(Alarm.point_id))).where(
        visible(actor, Alarm),
        col(Alarm.kind) != RuleKind.SYSTEM,
        col(Alarm.judgement) != "false",
        counting(actor, RecordKind.ALARM, col(Alarm.id)),
    )


def _reports(actor: Actor) -> Select[Any]:
    """By the group of GB/T 13861-2022."""
    one = HazardReport
    found = _fact(
        *(Source.HAZARD, "report", col(one.created_at), one),
        type=col(one.factor),
        accident=col(one.accident),
        team_id=col(one.team_id),
    )
    return found.where(
        visible(actor, one), one_of(col(one.state), OPEN_STATES), counting(actor, RecordKind.REPORT, col(one.id))
    )


def _rectifications(actor: Actor) -> Select[Any]:
    """Those that no report stands behind; their alarm's flood tells the cause."""
    one, reported = Rectification, HazardReport
    found = _fact(Source.HAZARD, "rectification", col(one.created_at), one, group_id=col(Alarm.group_id))
    known = select(col(reported.id)).where(visible(actor, reported), col(reported.rectification_id) == col(one.id))
    return found.outerjoin(Alarm, and_(visible(actor, Alarm), col(Alarm.id) == col(one.alarm_id))).where(
        visible(actor, one),
        col(one.parent_id).is_(None),
        col(one.state) != RectificationState.CANCELLED,
        ~known.exists(),
        counting(actor, RecordKind.RECTIFICATION, col(one.id)),
    )


def _incidents(actor: Actor) -> Select[Any]:
    """By what broke out; its flood is its own, else the first that was counted to it."""
    one, at = Incident, col(Incident.began_at)
    counted = (
        select(col(IncidentSource.source_id))
        .where(
            visible(actor, IncidentSource),
            col(IncidentSource.incident_id) == col(one.id),
            col(IncidentSource.kind) == SourceKind.GROUP,
        )
        .order_by(col(IncidentSource.id))
        .limit(1)
        .scalar_subquery()
    )
    group = func.coalesce(col(one.group_id), counted)
    found = _fact(Source.INCIDENT, "incident", at, one, type=col(one.kind), accident=col(one.accident), group_id=group)
    return found.where(visible(actor, one), col(one.state) != IncidentState.CALLED_OFF)


def _causes(actor: Actor) -> CTE:
    """The cause that the trace of a flood gives, without its place where the library knows it."""
    named: ColumnElement[str] = SQLModel.metadata.tables["trace"].c.first_named
    settled = col(Trace.confirmed_node) != ""
    key = case((settled, col(Trace.confirmed_node)), else_=named)
    code = case(
        (func.strpos(key, "/") > 0, func.split_part(key, "/", 2)),
        (col(Point.equipment_id).is_not(None), "equipment:" + cast(col(Point.equipment_id), String)),
        else_=key,
    )
    of_point = and_(visible(actor, Point), key == "point:" + cast(col(Point.id), String))
    return (
        select(
            col(Trace.id).label("trace_id"),
            col(Trace.group_id).label("group_id"),
            code.label("cause"),
            settled.label("confirmed"),
        )
        .outerjoin(Point, of_point)
        .where(visible(actor, Trace), col(Trace.revision) > 0, col(Trace.group_id).is_not(None))
        .cte("causes")
    )
