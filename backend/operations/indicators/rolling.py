"""Keeps the roll-up by day up to date: incrementally, from what changed and from the passing of time. Worker role.

Triggers mark what changed in the transaction that changed it. A round takes the marks, counts the days anew that they
and the clock concern, and moves ``as_of``, all in one transaction: a worker that dies leaves the marks, a round that
runs twice counts the same. So the roll-up always equals counting everything anew as of the same moment (property test).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.jobs import enqueue
from backend.hazards.policy import USUAL_RECURRENCE_DAYS
from backend.identity.permissions import system_query
from backend.operations.indicators.models import ROLL_UP_JOB
from backend.operations.indicators.queries.facts import fact_values, placed
from backend.operations.indicators.registry import MEASURES, Measure
from backend.operations.indicators.windows import Change, days_between, days_to_count, runs, starts

AT_LEAST_EVERY = timedelta(minutes=10)
"""What only the clock changes is counted so often."""

_DUE = """
SELECT s.id FROM site s LEFT JOIN indicator_round r ON r.site_id = s.id
WHERE NOT jsonb_exists(s.modules_off, 'operations')
    AND (r.as_of IS NULL OR r.as_of <= :since OR EXISTS (SELECT FROM indicator_change c WHERE c.site_id = s.id))
ORDER BY s.id
"""
_SITE = """
SELECT s.time_zone, COALESCE(p.recurrence_days, :usual) AS recurrence_days, r.as_of, r.zone
FROM indicator_round r JOIN site s ON s.id = r.site_id LEFT JOIN rectification_policy p ON p.site_id = s.id
WHERE r.site_id = :site FOR UPDATE OF r
"""
_EARLIEST = """
SELECT LEAST(
    (SELECT min(raised_at) FROM alarm WHERE site_id = :site),
    (SELECT min(LEAST(created_at, deadline, original_deadline)) FROM rectification WHERE site_id = :site),
    (SELECT min(closes_at) FROM inspection_visit WHERE site_id = :site),
    (SELECT min(began_at) FROM incident WHERE site_id = :site),
    (SELECT min(created_at) FROM hazard_report WHERE site_id = :site),
    (SELECT min(confirmed_at) FROM trace WHERE site_id = :site),
    (SELECT min(passed_at) FROM quiz_attempt WHERE site_id = :site),
    (SELECT min(day - 1)::timestamp AT TIME ZONE 'UTC' FROM source_day WHERE site_id = :site),
    (SELECT min(first_at) FROM person_day WHERE site_id = :site),
    (SELECT min(at) FROM check_in WHERE site_id = :site),
    (SELECT min(created_at) FROM rectification_entry WHERE site_id = :site),
    (SELECT min(first_due_at) FROM feedback WHERE site_id = :site))
"""
_FORGET = "DELETE FROM indicator_day WHERE site_id = :site AND measure = :measure AND day = ANY(:days)"
_FORGET_ALL = "DELETE FROM indicator_day WHERE site_id = :site AND measure = :measure"
_COUNT = """
INSERT INTO indicator_day(site_id, team_id, dimension, measure, day, member_id, members, counted, base, seconds)
SELECT :site, t.team_id, m.dimension, :measure,
    (CAST(:days AS date[]))[width_bucket(f.at, CAST(:starts AS timestamptz[]))] AS day, m.member_id,
    count(*), sum(f.counted), sum(f.base),
    COALESCE(array_agg(f.seconds ORDER BY f.seconds) FILTER (WHERE f.seconds IS NOT NULL), '{{}}')
FROM unnest(CAST(:since AS timestamptz[]), CAST(:until AS timestamptz[])) AS run(since, until)
CROSS JOIN LATERAL ({facts}) f
CROSS JOIN LATERAL (VALUES ('site', 0::bigint), ('stage', f.stage_id), ('area', f.area_id), ('team', f.team_id),
    ('post', f.post_id), ('level', f.level_id)) AS m(dimension, member_id)
CROSS JOIN LATERAL (VALUES (0::bigint), (NULLIF(f.team_id, 0))) AS t(team_id)
WHERE t.team_id IS NOT NULL AND (m.dimension <> 'team' OR t.team_id = 0)
GROUP BY t.team_id, m.dimension, day, m.member_id
"""


@dataclass(frozen=True)
class _Round:
    """What a round knows of its site; ``before`` None: nothing is counted yet."""

    site_id: int
    zone: ZoneInfo
    recurrence: timedelta
    before: datetime | None
    as_of: datetime


@system_query("the worker rolls up every site")
async def plan_roll_ups(session: AsyncSession) -> int:
    """Queue a roll-up for each site where something changed, or time has passed; gives how many."""
    due = list(await session.scalars(text(_DUE), {"since": now() - AT_LEAST_EVERY}))
    for site_id in due:
        await enqueue(session, ROLL_UP_JOB, {"site_id": site_id}, site_id=site_id, dedupe_key=f"indicators:{site_id}")
    return len(due)


@system_query("the worker rolls up every site")
async def roll_up(session: AsyncSession, site_id: int, *, everything: bool = False) -> int:
    """Bring the site's roll-up to the present; ``everything`` counts all days anew. Gives how many days of measures
    were counted."""
    await session.execute(
        text("INSERT INTO indicator_round(site_id, zone) VALUES (:site, '') ON CONFLICT DO NOTHING"), {"site": site_id}
    )
    values = {"site": site_id, "usual": USUAL_RECURRENCE_DAYS}
    row = (await session.execute(text(_SITE), values)).mappings().one()
    as_of = max(now(), row["as_of"] or now())
    again = everything or row["zone"] != row["time_zone"]
    work = _Round(
        site_id,
        ZoneInfo(row["time_zone"]),
        timedelta(days=row["recurrence_days"]),
        None if again else row["as_of"],
        as_of,
    )
    taken = await session.execute(
        text("DELETE FROM indicator_change WHERE site_id = :site RETURNING topic, at"), {"site": site_id}
    )
    changes = {Change(topic, at) for topic, at in taken}
    counted = await _count_again(session, work, changes)
    await session.execute(
        text("UPDATE indicator_round SET as_of = :as_of, zone = :zone WHERE site_id = :site"),
        {"as_of": as_of, "zone": row["time_zone"], "site": site_id},
    )
    return counted


@system_query("the worker rolls up every site")
async def _count_again(session: AsyncSession, work: _Round, changes: Iterable[Change]) -> int:
    """Each measure on the days that ``changes`` and the clock concern."""
    whole: Sequence[date] | None = None
    counted = 0
    for measure in MEASURES.values():
        days: Sequence[date] | None = None
        if work.before is not None:
            found = days_to_count(measure, changes, work.before, work.as_of, work.zone, work.recurrence)
            days = None if found is None else sorted(found)
        if days is None and whole is None:
            whole = await _all_days(session, work)
        counted += await _count(session, work, measure, days, whole or [])
    return counted


@system_query("the worker rolls up every site")
async def _all_days(session: AsyncSession, work: _Round) -> Sequence[date]:
    """Every day from the site's earliest record to today."""
    earliest = await session.scalar(text(_EARLIEST), {"site": work.site_id})
    today = work.as_of.astimezone(work.zone).date()
    return list(days_between(min(earliest.astimezone(work.zone).date(), today), today)) if earliest else []


@system_query("the worker rolls up every site")
async def _count(
    session: AsyncSession, work: _Round, measure: Measure, days: Sequence[date] | None, whole: Sequence[date]
) -> int:
    """Count ``days`` of the measure anew, all of them in one statement; None: ``whole``, and forget all others."""
    wanted = {"site": work.site_id, "measure": measure.code}
    if days is None:
        await session.execute(text(_FORGET_ALL), wanted)
    else:
        await session.execute(text(_FORGET), {**wanted, "days": days})
    counted = whole if days is None else days
    if not counted:
        return 0
    stretches = runs(counted)
    every = list(days_between(counted[0], counted[-1]))
    await session.execute(
        text(_COUNT.format(facts=placed(measure.code))),
        {
            **wanted,
            **fact_values(measure, work.as_of, work.zone, work.recurrence),
            "days": every,
            "starts": starts(every, work.zone),
            "since": starts([first for first, _ in stretches], work.zone),
            "until": starts([until for _, until in stretches], work.zone),
        },
    )
    return len(counted)
