"""How the actor's plant stands at this moment, and which cards their page has, in one statement: open alarms, late
rectifications, what seldom waits, age of the data, layout. The first page waits for the database as seldom as it can.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Alarm, AlarmState, Level
from backend.checkins.models import CheckIn
from backend.core.statements import one_of
from backend.hazards.lifecycle import UNFINISHED, WORKABLE
from backend.hazards.models import Rectification
from backend.hazards.queries import to_be_done_by, verifiable_by
from backend.hazards.reports.queries import select_waiting_count
from backend.home.layout import Arrangement, Layout
from backend.home.queries.layouts import arrangement_of, document_of, layout_from, own_from
from backend.home.queries.seldom import Seldom, anything_of, there_from
from backend.identity.actor import Actor
from backend.identity.permissions import made_once, visible
from backend.telemetry.models import PointState

_SET_ASIDE = (AlarmState.CLOSED, AlarmState.SHELVED, AlarmState.OUT_OF_SERVICE)


@dataclass(frozen=True)
class Standing:
    """Counts over what the actor may see. ``by_level`` holds levels with open alarms, the worst first."""

    by_level: dict[Level, int]
    unacknowledged: int
    overdue: int
    mine: int
    """Those the actor has to do."""
    to_verify: int
    to_triage: int
    """Reports that the actor may decide on."""
    newest_reading_at: datetime | None

    @property
    def open_alarms(self) -> int:
        """How many alarms are open and not set aside."""
        return sum(self.by_level.values())

    @property
    def worst(self) -> Level | None:
        """The highest level that is open; None when all is quiet."""
        return next(iter(self.by_level), None)


@dataclass(frozen=True)
class Look:
    """What is known of a page before its cards: how it stands, what its role shows, how the actor has put theirs."""

    stands: Standing
    there: frozenset[Seldom]
    layout: Layout
    own: Arrangement


async def look(session: AsyncSession, actor: Actor) -> Look:
    """How it stands now, for a page of the actor's role. Shelved alarms and those out of service don't count: somebody
    has dealt with them."""
    row = (await session.execute(_standing(actor))).one()
    levels = row[: len(Level)]
    stands = Standing(
        by_level={level: count for level, count in zip(Level, levels, strict=True) if count},
        unacknowledged=row.calling,
        overdue=row.overdue,
        mine=row.mine,
        to_verify=row.to_verify,
        to_triage=row.to_triage,
        newest_reading_at=row.newest,
    )
    there = there_from(row[-len(Seldom) :])
    return Look(stands, there, layout_from(actor.role, row.layout), own_from(row.own))


@made_once
def _standing(actor: Actor) -> Select[Any]:
    still_open = ~one_of(col(Alarm.state), _SET_ASIDE)
    alarms = (
        select(
            *(
                func.count().filter(still_open, one_of(col(Alarm.level), (level,))).label(level.value)
                for level in Level
            ),
            func.count().filter(col(Alarm.state) == AlarmState.UNACKNOWLEDGED).label("calling"),
        )
        .where(visible(actor, Alarm), ~one_of(col(Alarm.state), (AlarmState.CLOSED,)))
        .subquery()
    )
    late = and_(one_of(col(Rectification.state), WORKABLE), col(Rectification.deadline) < func.now())
    rectifications = (
        select(
            func.count().filter(late).label("overdue"),
            func.count().filter(to_be_done_by(actor)).label("mine"),
            func.count().filter(verifiable_by(actor)).label("to_verify"),
        )
        .where(visible(actor, Rectification), one_of(col(Rectification.state), UNFINISHED))
        .subquery()
    )
    newest = select(func.max(col(PointState.received_at)).label("newest")).where(visible(actor, PointState)).subquery()
    layout = document_of(actor, actor.role).scalar_subquery().label("layout")
    own = arrangement_of(actor).scalar_subquery().label("own")
    reports = select_waiting_count(actor).scalar_subquery().label("to_triage")
    return select(*(*alarms.c, *rectifications.c, *newest.c, reports, layout, own, *anything_of(actor))).select_from(
        alarms.join(rectifications, true()).join(newest, true())
    )


async def is_beginning(session: AsyncSession, actor: Actor) -> bool:
    """Whether nobody has ever checked in at the site, so that who sets it up is led to the setup."""
    return (await session.scalar(select(col(CheckIn.id)).where(visible(actor, CheckIn)).limit(1))) is None
