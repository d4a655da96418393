"""The board: of each standing the first few and how many there are, in one statement; then those after them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Date, Select, and_, bindparam, case, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.models import Post
from backend.identity.permissions import made_once, visible
from backend.identity.queries.people import Named
from backend.maintenance.models import MaintenancePlan, MaintenanceRecord, is_open
from backend.maintenance.queries.due import mine_of, site_day
from backend.maintenance.schedule import Standing
from backend.plant.models import Area, Equipment

PAGE = 30
"""So many of each standing at once."""


@dataclass(frozen=True)
class PlanNamed:
    """What a line says of a plan."""

    id: int
    name: str
    name_en: str
    kind: str
    sample: bool


@dataclass(frozen=True)
class DueLine:
    """A line of the board. ``days``: until it is due; below 0: late."""

    record_id: int
    plan: PlanNamed
    equipment: Named
    post: Named | None
    standing: Standing
    due_on: date
    days: int


@dataclass(frozen=True)
class Part:
    """What stands alike: how many in all, the first of them, and the cursor of those after them ("" at the end)."""

    standing: Standing
    total: int
    lines: Sequence[DueLine]
    following: str = ""


async def board(
    session: AsyncSession, actor: Actor, *, team_id: int | None = None, mine: bool = False
) -> Sequence[Part]:
    """All standings that something has, what is late first; of what a team keeps, or of the actor's posts, if asked."""
    rows = (await session.execute(_firsts(actor, team_id, mine), {"today": site_day(actor)})).all()
    found = ((standing, [row for row in rows if row.standing == standing]) for standing in Standing)
    return [_part(standing, some, site_day(actor)) for standing, some in found if some]


async def board_after(
    session: AsyncSession, actor: Actor, standing: Standing, after: str, *, team_id: int | None = None, mine: bool
) -> Part:
    """Those of one standing after ``after``, the ``following`` of the part before; an unreadable one begins anew."""
    due_on, record_id = _read_cursor(after)
    values = {"today": site_day(actor), "standing": standing, "due_on": due_on, "record": record_id}
    rows = (await session.execute(_later_ones(actor, team_id, mine), values)).all()
    return _part(standing, rows, site_day(actor))


@made_once
def _firsts(actor: Actor, team_id: int | None, mine: bool) -> Select[Any]:
    due = _due(actor, team_id, mine).subquery()
    return select(due).where(due.c.place <= PAGE).order_by(due.c.due_on, due.c.record)


@made_once
def _later_ones(actor: Actor, team_id: int | None, mine: bool) -> Select[Any]:
    due = _due(actor, team_id, mine).subquery()
    here = tuple_(bindparam("due_on", type_=Date), bindparam("record", type_=BigInteger))
    wanted = and_(due.c.standing == bindparam("standing"), tuple_(due.c.due_on, due.c.record) > here)
    rest = select(due).where(wanted).subquery()
    total = func.count().over().label("total")
    columns = [column for column in rest.c if column.name != "total"]
    return select(*columns, total).order_by(rest.c.due_on, rest.c.record).limit(PAGE)


def _due(actor: Actor, team_id: int | None, mine: bool) -> Select[Any]:
    """Columns of a line, with its place among those that stand alike and how many these are."""
    today = bindparam("today", type_=Date)
    due_on, record = col(MaintenanceRecord.due_on), col(MaintenanceRecord.id)
    # As schedule.standing has it; a test holds the two together.
    standing = case(
        (due_on < today, Standing.LATE.value),
        (due_on - col(MaintenancePlan.notice_days) <= today, Standing.SOON.value),
        else_=Standing.LATER.value,
    )
    statement = (
        select(
            record.label("record"),
            due_on.label("due_on"),
            standing.label("standing"),
            func.row_number().over(partition_by=standing, order_by=(due_on, record)).label("place"),
            func.count().over(partition_by=standing).label("total"),
            *_named("plan", MaintenancePlan),
            col(MaintenancePlan.kind).label("kind"),
            col(MaintenancePlan.sample).label("sample"),
            *_named("equipment", Equipment),
            *_named("post", Post),
        )
        .join(MaintenancePlan, col(MaintenancePlan.id) == col(MaintenanceRecord.plan_id))
        .join(Equipment, col(Equipment.id) == col(MaintenanceRecord.equipment_id))
        .outerjoin(Area, and_(col(Area.id) == col(Equipment.area_id), visible(actor, Area)))
        .outerjoin(Post, and_(col(Post.id) == col(MaintenanceRecord.post_id), visible(actor, Post)))
        .where(visible(actor, MaintenanceRecord), visible(actor, MaintenancePlan), visible(actor, Equipment))
        .where(is_open(), col(Equipment.retired_at).is_(None))
    )
    if team_id is not None:
        statement = statement.where(col(Area.team_id) == team_id)
    return statement.where(mine_of(actor)) if mine else statement


def _named(name: str, model: Any) -> list[Any]:
    return [
        col(model.id).label(f"{name}_id"),
        col(model.name).label(f"{name}_name"),
        col(model.name_en).label(f"{name}_name_en"),
    ]


def _part(standing: Standing, rows: Sequence[Any], today: date) -> Part:
    total = rows[0].total if rows else 0
    following = f"{rows[-1].due_on}.{rows[-1].record}" if total > len(rows) else ""
    return Part(standing, total, [_line(row, today) for row in rows], following)


def _line(row: Any, today: date) -> DueLine:
    return DueLine(
        row.record,
        PlanNamed(row.plan_id, row.plan_name, row.plan_name_en, row.kind, row.sample),
        Named(row.equipment_id, row.equipment_name, row.equipment_name_en),
        Named(row.post_id, row.post_name, row.post_name_en) if row.post_id else None,
        Standing(row.standing),
        row.due_on,
        (row.due_on - today).days,
    )


def _read_cursor(word: str) -> tuple[date, int]:
    day, _, record = word.partition(".")
    try:
        found = date.fromisoformat(day), int(record)
    except ValueError:
        return date.min, 0
    return found if 0 <= found[1] < 2**63 else (date.min, 0)
