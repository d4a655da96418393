"""Measures counted straight from their facts, as they stand within the caller's transaction: what a change would do."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.hazards.queries.recurrence import policy_of
from backend.identity.actor import Actor
from backend.operations.indicators.figures import Sums
from backend.operations.indicators.queries.facts import fact_values, placed
from backend.operations.indicators.queries.reading import own_team
from backend.operations.indicators.registry import MEASURES
from backend.operations.indicators.windows import Window

_SUMS = """
SELECT count(*), COALESCE(sum(f.counted), 0), COALESCE(sum(f.base), 0),
    COALESCE(array_agg(f.seconds) FILTER (WHERE f.seconds IS NOT NULL), '{{}}')
FROM (SELECT CAST(:since AS timestamptz) AS since, CAST(:until AS timestamptz) AS until) AS run
CROSS JOIN LATERAL ({facts}) f WHERE CAST(:team AS bigint) IS NULL OR f.team_id = :team
"""


async def sums_now(
    session: AsyncSession, actor: Actor, measures: Collection[str], window: Window, as_of: datetime
) -> Mapping[str, Sums]:
    """Of each of ``measures`` within ``window``; of a leader those of their team. The roll-up isn't asked."""
    recurrence = timedelta(days=(await policy_of(session, actor)).recurrence_days)
    since, until = window.bounds(actor.zone)
    asked = {"site": actor.site_id, "team": own_team(actor), "since": since, "until": until}
    found: dict[str, Sums] = {}
    for code in measures:
        values = {**asked, **fact_values(MEASURES[code], as_of, actor.zone, recurrence)}
        row = (await session.execute(text(_SUMS.format(facts=placed(code))), values)).one()
        found[code] = Sums(int(row[0]), int(row[1]), int(row[2]), row[3])
    return found
