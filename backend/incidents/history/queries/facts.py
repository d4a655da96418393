"""What the history asks of each incident, as one statement on which counts, figures and rows stand.

The cause of an incident is what a person confirmed at the trace of one of its floods, else what the newest of these
traces names first. It is told as a code: a cause of the library without its place (``valve.sticking``), a bare place
(``equipment:3``: where, not why), ``other``, or empty where nothing is known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, ColumnElement, Integer, String, and_, case, cast, func, or_, select, tuple_, union
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from backend.hazards.accidents import UNTOLD
from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.incidents.history.asked import HOURS, UNKNOWN_CAUSE, Wanted
from backend.incidents.history.periods import Period, Step
from backend.incidents.models import Incident, IncidentSource, IncidentState, SourceKind
from backend.plant.models import Area, Equipment, Point
from backend.tracing.models import Trace

AREA = func.coalesce(col(Incident.area_id), col(Equipment.area_id))
STAGE = func.coalesce(col(Equipment.stage_id), col(Area.stage_id))
"""Where an incident is: that of its equipment goes before that of the area."""
_OWN = ("id", "began_at", "opened_at", "contained_at", "closed_at", "kind", "level", "equipment_id", "group_id")
_COST = ("injured", "deaths", "loss_yuan")


@dataclass(frozen=True)
class Cut:
    """Which of the incidents asked for: those of ``periods``, of these ``most`` from before the one ``before`` on."""

    periods: Sequence[Period]
    step: Step = Step.MONTH
    before: int | None = None
    most: int | None = None


async def plan_for_these_dates(session: AsyncSession) -> None:
    """Until the transaction ends PostgreSQL plans each statement for its own dates and for all of its rows.

    A plan that is kept for any dates takes a period to hold a two-hundredth of the table: with 20,000 incidents it went
    through the parts of these statements in nested loops, and a year took minutes instead of a fraction of a second.
    """
    await session.execute(
        select(
            func.set_config("plan_cache_mode", "force_custom_plan", True),
            func.set_config("cursor_tuple_fraction", "1", True),
        )
    )


def facts(actor: Actor, wanted: Wanted, cut: Cut, *, causes: bool = True) -> CTE:
    """Incidents that are asked for, with ``stage_id``, ``weekday`` (1 is Monday), ``hour`` (first of its stretch),
    ``bucket`` (first day of its step), and, unless neither asked for nor filtered by, ``cause`` and ``confirmed``."""
    asked = wanted.narrowed.get("cause")
    picked = _picked(actor, wanted, cut, limited=asked is None)
    if not causes and asked is None:
        return picked
    known = _causes(actor, picked)
    cause = func.coalesce(known.c.cause, "")
    confirmed = func.coalesce(known.c.confirmed, False)
    joined = select(*picked.c, cause.label("cause"), confirmed.label("confirmed")).outerjoin(
        known, known.c.incident_id == picked.c.id
    )
    if asked is not None:
        joined = joined.where(cause == ("" if asked == UNKNOWN_CAUSE else asked))
    return joined.cte("facts")


def _picked(actor: Actor, wanted: Wanted, cut: Cut, *, limited: bool) -> CTE:
    """Those that are asked for by everything but the cause; ``limited`` where the cause takes none of them away."""
    local = func.timezone(wanted.zone, col(Incident.began_at))
    weekday = cast(func.extract("isodow", local), Integer)
    hour = cast(func.extract("hour", local), Integer) // HOURS * HOURS
    found = (
        select(
            *(getattr(Incident, name) for name in (*_OWN, *_COST)),
            STAGE.label("stage_id"),
            weekday.label("weekday"),
            hour.label("hour"),
            func.date_trunc(cut.step, local).label("bucket"),
        )
        .outerjoin(Equipment, col(Equipment.id) == col(Incident.equipment_id))
        .outerjoin(Area, col(Area.id) == AREA)
        .where(visible(actor, Incident), *_conditions(wanted, weekday, hour), or_(*map(in_period, cut.periods)))
    )
    if cut.before is not None:
        last = select(col(Incident.began_at)).where(visible(actor, Incident), col(Incident.id) == cut.before)
        found = found.where(
            tuple_(col(Incident.began_at), col(Incident.id)) < tuple_(last.scalar_subquery(), cut.before)
        )
    if cut.most is not None and limited:
        found = found.order_by(col(Incident.began_at).desc(), col(Incident.id).desc()).limit(cut.most)
    return found.cte("picked")


def in_period(period: Period, began: Any = None) -> ColumnElement[bool]:
    """Whether an incident began in it; ``began``: the column, if not the table's own."""
    at = col(Incident.began_at) if began is None else began
    ends: ColumnElement[bool] = at < period.until
    return ends if period.since is None else and_(at >= period.since, ends)


def _conditions(wanted: Wanted, weekday: Any, hour: Any) -> list[ColumnElement[bool]]:
    columns: dict[str, Any] = {
        "stage": STAGE,
        "area": AREA,
        "equipment": col(Incident.equipment_id),
        "class": col(Equipment.equipment_class),
        "level": col(Incident.level),
        "kind": col(Incident.kind),
        "accident": col(Incident.accident),
        "phase": col(Incident.phase),
        "state": col(Incident.state),
        "weekday": weekday,
        "hour": hour,
    }
    real = [col(Incident.state) != IncidentState.CALLED_OFF] if wanted.real_only else []
    asked = {name: value for name, value in wanted.narrowed.items() if name in columns}
    if asked.get("accident") == UNTOLD:
        asked["accident"] = ""
    return [*real, *(columns[name] == value for name, value in asked.items())]


def _causes(actor: Actor, picked: CTE) -> CTE:
    """The cause of each incident that has a trace, once."""
    newest = _newest(actor, picked)
    at_equipment = "equipment:" + cast(col(Point.equipment_id), String)
    code = case(
        (func.strpos(newest.c.key, "/") > 0, func.split_part(newest.c.key, "/", 2)),
        (col(Point.equipment_id).is_not(None), at_equipment),
        else_=newest.c.key,
    )
    of_point = and_(visible(actor, Point), newest.c.key == "point:" + cast(col(Point.id), String))
    return (
        select(newest.c.incident_id, code.label("cause"), newest.c.confirmed).outerjoin(Point, of_point).cte("causes")
    )


def _newest(actor: Actor, picked: CTE) -> CTE:
    """The key of each, as a trace has it: a settled one before others, of these the newest."""
    floods = union(
        select(picked.c.id.label("incident_id"), picked.c.group_id).where(picked.c.group_id.is_not(None)),
        select(col(IncidentSource.incident_id), col(IncidentSource.source_id))
        .join(picked, picked.c.id == col(IncidentSource.incident_id))
        .where(visible(actor, IncidentSource), col(IncidentSource.kind) == SourceKind.GROUP),
    ).cte("floods")
    settled = col(Trace.confirmed_node) != ""
    return (
        select(floods.c.incident_id, _key().label("key"), settled.label("confirmed"))
        .ext(distinct_on(floods.c.incident_id))
        .join(Trace, col(Trace.group_id) == floods.c.group_id)
        .where(visible(actor, Trace), col(Trace.revision) > 0)
        .order_by(floods.c.incident_id, settled.desc(), col(Trace.made_at).desc(), col(Trace.id).desc())
        .cte("newest")
    )


def _key() -> ColumnElement[str]:
    """What a person confirmed, else what the trace names first."""
    named: ColumnElement[str] = SQLModel.metadata.tables["trace"].c.first_named
    return case((col(Trace.confirmed_node) != "", col(Trace.confirmed_node)), else_=named)
