"""Alarms that called people, counted by the database. Each time an open alarm comes back it counts again (EEMUA 191).

All from the event log's own index (``event_alarm_raised``), so nothing is summed up beforehand that could disagree with
the rows. What a point raised while its values were excluded counts neither here.
"""

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.events import RAISED
from backend.exclusions.queries import not_excluded
from backend.identity.actor import Actor
from backend.identity.models import Team
from backend.identity.permissions import visible
from backend.operations.alarmload.figures import CHATTERING, CHATTERS_WITHIN, FLEETING_WITHIN, STALE_AFTER, WORST
from backend.operations.alarmload.models import AlarmOperators
from backend.plant.models import Area, Stage

PAGE = 100


class Within(enum.StrEnum):
    """A part of the site that may be looked at by itself."""

    SITE = "site"
    STAGE = "stage"
    AREA = "area"
    TEAM = "team"


@dataclass(frozen=True)
class Asked:
    """Alarms of [from_at, to_at), UTC, in a part of the site. ``id`` is None for the whole."""

    from_at: datetime
    to_at: datetime
    within: Within = Within.SITE
    id: int | None = None

    @property
    def values(self) -> dict[str, Any]:
        """As the statements below take it."""
        return {"from_at": self.from_at, "to_at": self.to_at, "within": self.id}


class Which(enum.StrEnum):
    """Which of the alarms a list shows."""

    RAISED = "raised"
    CHATTERING = "chattering"
    FLEETING = "fleeting"
    STALE = "stale"


@dataclass(frozen=True)
class Worst:
    """An alarm that calls often: its rule (None: AnSu's own), where, how often, and its latest row."""

    rule_id: int | None
    point_id: int | None
    name: str
    name_en: str
    point: str
    point_en: str
    raised: int
    alarm_id: int


@dataclass(frozen=True)
class Raised:
    """A time that an alarm called."""

    at: datetime
    alarm_id: int
    level: str
    title: str
    title_en: str


_PLACED = {
    Within.SITE: "",
    Within.AREA: "AND a.area_id = :within",
    Within.TEAM: "AND EXISTS (SELECT FROM area w WHERE w.site_id = :site AND w.id = a.area_id AND w.team_id = :within)",
    Within.STAGE: "AND COALESCE("
    "(SELECT q.stage_id FROM equipment q WHERE q.site_id = :site AND q.id = a.equipment_id), "
    "(SELECT w.stage_id FROM area w WHERE w.site_id = :site AND w.id = a.area_id)) = :within",
}
_KIND = RAISED.replace("kind", "e.kind").replace("data", "e.data")
_COUNTS = not_excluded("'alarm'", "e.subject_id")
_EVENTS = f"FROM event e WHERE e.site_id = :site AND {_KIND} AND e.at >= :from_at AND e.at < :to_at AND {_COUNTS}"
_JOINED = (
    "FROM event e JOIN alarm a ON a.id = e.subject_id "
    f"WHERE e.site_id = :site AND a.site_id = :site AND {_KIND} AND e.at >= :from_at AND e.at < :to_at "
    f"AND {_COUNTS}"
)
_CHATTERING = f"""
FROM (SELECT e.at, e.level, a.id, a.title, a.title_en, a.condition_key,
        lag(e.at, {CHATTERING - 1}) OVER (PARTITION BY a.condition_key ORDER BY e.at) AS before {{joined}}) c
WHERE c.at - c.before <= :chatters
"""
_WORST = """
SELECT w.rule_id, w.point_id, COALESCE(r.name, l.title), COALESCE(r.name_en, l.title_en), COALESCE(p.name, ''),
    COALESCE(p.name_en, ''), w.raised, w.alarm_id
FROM (SELECT a.rule_id, a.point_id, CASE WHEN a.rule_id IS NULL THEN a.condition_key END AS own,
        count(*) AS raised, max(a.id) AS alarm_id {joined}
    GROUP BY 1, 2, 3 ORDER BY raised DESC, alarm_id DESC LIMIT :most) w
JOIN alarm l ON l.id = w.alarm_id LEFT JOIN alarm_rule r ON r.id = w.rule_id LEFT JOIN point p ON p.id = w.point_id
WHERE l.site_id = :site ORDER BY w.raised DESC, w.alarm_id DESC
"""
_FLEETING = (
    "FROM alarm a WHERE a.site_id = :site AND a.raised_at >= :from_at AND a.raised_at < :to_at AND a.times_raised = 1 "
    "AND a.returned_at - a.raised_at <= :fleeting AND " + not_excluded("'alarm'", "a.id")
)
_STALE = (
    "FROM alarm a WHERE a.site_id = :site AND a.state NOT IN ('closed', 'shelved', 'out_of_service') AND a.active "
    "AND a.last_raised_at < :stale"
)


async def counts(session: AsyncSession, actor: Actor, asked: Asked) -> dict[datetime, int]:
    """Slot → alarms; slots without any are left out."""
    rows = await session.execute(
        text(f"SELECT date_bin('10 minutes', e.at, 'epoch') AS slot, count(*) {_source(asked)} GROUP BY slot"),
        _all(actor, asked),
    )
    return {slot: int(count) for slot, count in rows}


async def by_level(session: AsyncSession, actor: Actor, asked: Asked) -> dict[str, int]:
    """Level → alarms."""
    rows = await session.execute(
        text(f"SELECT e.level, count(*) {_source(asked)} GROUP BY e.level"), _all(actor, asked)
    )
    return {level: int(count) for level, count in rows}


async def worst(session: AsyncSession, actor: Actor, asked: Asked, *, most: int = WORST) -> list[Worst]:
    """The alarms that called most often, with their rule and point."""
    statement = _WORST.format(joined=f"{_JOINED} {_PLACED[asked.within]}")
    rows = await session.execute(text(statement), _all(actor, asked) | {"most": most})
    return [Worst(*row) for row in rows]


async def tally(session: AsyncSession, actor: Actor, asked: Asked, which: Which) -> int:
    """How many alarms chatter (conditions), were fleeting, or are stale by now."""
    what = "count(DISTINCT c.condition_key)" if which == Which.CHATTERING else "count(*)"
    found = await session.execute(text(f"SELECT {what} {_from(asked, which)}"), _all(actor, asked))
    return int(found.scalar_one())


async def rows(
    session: AsyncSession,
    actor: Actor,
    asked: Asked,
    which: Which = Which.RAISED,
    *,
    rule_id: int | None = None,
    alarm_id: int | None = None,
    levels: tuple[str, ...] = (),
    most: int = PAGE,
) -> list[Raised]:
    """The newest of the alarms that a figure counts. ``alarm_id`` narrows to the condition of that alarm."""
    narrowing = [
        *(["a.rule_id = :rule"] if rule_id is not None else []),
        *(["a.condition_key = (SELECT o.condition_key FROM alarm o WHERE o.site_id = :site AND o.id = :alarm)"]
          if alarm_id is not None else []),
        *(["a.level = ANY(:levels)"] if levels else []),
    ]  # fmt: skip
    names = {"chattering": "c.at, c.id, c.level, c.title, c.title_en",
             "raised": "e.at, a.id, e.level, a.title, a.title_en"}  # fmt: skip
    columns = names.get(which, "a.last_raised_at AS at, a.id, a.level, a.title, a.title_en")
    further = "".join(f" AND {one}" for one in narrowing) if which != Which.CHATTERING else ""
    found = await session.execute(
        text(f"SELECT {columns} {_from(asked, which, joined=True)}{further} ORDER BY at DESC, id DESC LIMIT :most"),
        _all(actor, asked) | {"most": most, "rule": rule_id, "alarm": alarm_id, "levels": list(levels)},
    )
    return [Raised(*row) for row in found]


async def raised_by_rule(session: AsyncSession, actor: Actor, rule_id: int, from_at: datetime, to_at: datetime) -> int:
    """How often the rule called people in [from_at, to_at)."""
    found = await session.execute(
        text(f"SELECT count(*) {_JOINED} AND a.rule_id = :rule"),
        {"site": actor.site_id, "rule": rule_id, "from_at": from_at, "to_at": to_at},
    )
    return int(found.scalar_one())


async def operators(session: AsyncSession, actor: Actor, asked: Asked) -> tuple[int, bool]:
    """How many operators bear the alarms asked for, and whether a person said so. A part of the site has one."""
    if asked.within != Within.SITE:
        return 1, False
    said = await session.scalar(select(col(AlarmOperators.operators)).where(visible(actor, AlarmOperators)))
    if said is not None:
        return said, True
    teams = await session.execute(
        text("SELECT count(DISTINCT team_id) FROM area WHERE site_id = :site AND team_id IS NOT NULL"),
        {"site": actor.site_id},
    )
    return max(int(teams.scalar_one()), 1), False


async def parts(session: AsyncSession, actor: Actor) -> dict[Within, list[Any]]:
    """Stages, areas and teams that may be looked at."""
    stages = await session.scalars(select(Stage).where(visible(actor, Stage)).order_by(col(Stage.position)))
    areas = await session.scalars(select(Area).where(visible(actor, Area)).order_by(col(Area.code)))
    teams = await session.scalars(select(Team).where(visible(actor, Team)).order_by(col(Team.code)))
    return {Within.STAGE: list(stages), Within.AREA: list(areas), Within.TEAM: list(teams)}


def _source(asked: Asked) -> str:
    return _EVENTS if asked.within == Within.SITE else f"{_JOINED} {_PLACED[asked.within]}"


def _from(asked: Asked, which: Which, *, joined: bool = False) -> str:
    placed = _PLACED[asked.within]
    match which:
        case Which.CHATTERING:
            return _CHATTERING.format(joined=f"{_JOINED} {placed}")
        case Which.FLEETING:
            return f"{_FLEETING} {placed}"
        case Which.STALE:
            return f"{_STALE} {placed}"
        case Which.RAISED:
            return f"{_JOINED} {placed}" if joined else _source(asked)


def _all(actor: Actor, asked: Asked) -> dict[str, Any]:
    return asked.values | {
        "site": actor.site_id,
        "chatters": CHATTERS_WITHIN,
        "fleeting": FLEETING_WITHIN,
        "stale": now() - STALE_AFTER,
    }
