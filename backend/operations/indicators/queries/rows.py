"""The very rows that a figure counts, newest first, page by page: the same statements as the roll-up's."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.hazards.queries.recurrence import policy_of
from backend.identity.actor import Actor
from backend.operations.indicators.queries.facts import fact_values, placed
from backend.operations.indicators.queries.reading import WHOLE, Scope, own_team
from backend.operations.indicators.registry import MEASURES, Kind
from backend.operations.indicators.windows import Window

PAGE = 50
MOST_EXPORTED = 50_000
AT_ONCE = 1000

_ROWS = """
SELECT f.kind, f.id, f.at, f.counted, f.base, f.seconds, f.url, f.title, f.title_en, f.reason,
    e.name AS equipment, COALESCE(NULLIF(e.name_en, ''), e.name) AS equipment_en,
    a.name AS area, COALESCE(NULLIF(a.name_en, ''), a.name) AS area_en
FROM (SELECT CAST(:since AS timestamptz) AS since, CAST(:until AS timestamptz) AS until) AS run
CROSS JOIN LATERAL ({facts}) f
LEFT JOIN equipment e ON e.id = f.equipment_id AND e.site_id = :site
LEFT JOIN area a ON a.id = f.area_id AND a.site_id = :site
WHERE {narrowed}
ORDER BY f.at DESC, f.kind, f.id DESC, f.post_id LIMIT :most OFFSET :past
"""
_PLACES = {"stage": "stage_id", "area": "area_id", "team": "team_id", "post": "post_id", "level": "level_id"}


@dataclass(frozen=True)
class Row:
    """One fact. ``counted``: whether it is in the numerator (of an effect: cases after); ``reason``: a code of
    ``wording.REASONS``; ``seconds``: how long it took."""

    kind: str
    id: int
    at: datetime
    counted: int
    base: int
    seconds: float | None
    url: str
    title: str
    title_en: str
    reason: str
    equipment: str | None
    equipment_en: str | None
    area: str | None
    area_en: str | None


@dataclass(frozen=True)
class Rows:
    """What of a measure's rows is asked for. ``counted``: only those in the numerator, or only those not."""

    measure: str
    window: Window
    scope: Scope = WHOLE
    counted: bool | None = None


async def rows(
    session: AsyncSession, actor: Actor, wanted: Rows, as_of: datetime, past: int = 0, most: int = PAGE
) -> Sequence[Row]:
    """Rows ``past`` so many, ``most`` at once."""
    measure = MEASURES[wanted.measure]
    recurrence = timedelta(days=(await policy_of(session, actor)).recurrence_days)
    since, until = wanted.window.bounds(actor.zone)
    narrowed, values = _narrowed(actor, wanted)
    found = await session.execute(
        text(_ROWS.format(facts=placed(measure.code), narrowed=narrowed)),
        {
            "site": actor.site_id,
            "since": since,
            "until": until,
            "most": most,
            "past": past,
            **fact_values(measure, as_of, actor.zone, recurrence),
            **values,
        },
    )
    return [_as_seen(actor, Row(**row)) for row in found.mappings()]


async def all_rows(session: AsyncSession, actor: Actor, wanted: Rows) -> AsyncIterator[Sequence[Row]]:
    """All of them, ``AT_ONCE`` after ``AT_ONCE``, at most ``MOST_EXPORTED``."""
    as_of = now()
    for past in range(0, MOST_EXPORTED, AT_ONCE):
        found = await rows(session, actor, wanted, as_of, past, AT_ONCE)
        yield found
        if len(found) < AT_ONCE:
            return


def _as_seen(actor: Actor, row: Row) -> Row:
    """A leader sees that feedback of their team was answered, but doesn't read it: it leads nowhere."""
    return replace(row, url="") if row.kind == "feedback" and not actor.can("feedback.answer") else row


def _narrowed(actor: Actor, wanted: Rows) -> tuple[str, dict[str, Any]]:
    """By team of a leader, by scope, by numerator: conditions of ours with values of theirs."""
    conditions, values = ["true"], {}
    team = own_team(actor)
    if team is not None:
        conditions.append("f.team_id = :own_team")
        values["own_team"] = team
    if wanted.scope.dimension in _PLACES:
        conditions.append(f"f.{_PLACES[wanted.scope.dimension]} = :member")
        values["member"] = wanted.scope.member_id
    if wanted.counted is not None and MEASURES[wanted.measure].kind == Kind.SCORE:
        conditions.append(f"f.reason = '{'source_reached' if wanted.counted else 'source_short'}'")
    elif wanted.counted is not None:
        conditions.append("f.counted > 0" if wanted.counted else "f.counted = 0")
    return " AND ".join(conditions), values
