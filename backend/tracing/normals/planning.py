"""Plans what a worker shall learn or try: which points, on which grid, by which rule. System role."""

from datetime import datetime

import numpy as np
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.evaluation import Rule
from backend.alarms.models import AlarmRule, RuleKind
from backend.alarms.parameters import Deviation, read_parameters
from backend.core.jobs import enqueue
from backend.identity.permissions import system_query
from backend.telemetry.models import LearnedNormal
from backend.tracing.normals.models import NORMAL_JOB, NormalWork, WorkKind
from backend.tracing.normals.reading import grid_of, latest_rows
from backend.tracing.normals.trying import rule_form
from backend.tracing.plant import plant_map
from backend.tracing.windows import habits

MOST_POINTS = 400
USUAL_RULE = Rule(Deviation(), on_delay_s=0.0, off_delay_s=60.0)
"""By it a trial judges where the site has no rule for deviation yet."""


@system_query("what is learned is a site's, whoever asked for it")
async def plan_learning(session: AsyncSession, work: NormalWork) -> bool:
    """Set points and grid of ``work`` and queue it; False when no point was read in its time."""
    plant = await plant_map(session, work.site_id)
    ids = [point.id for point in sorted(plant.points, key=lambda point: (not point.ruled, point.id))][:MOST_POINTS]
    found = await habits(session, work.site_id, ids, plant, work.to_at)
    if not found:
        return False
    gap_s = float(np.median([habit.gap_s for habit in found]))
    work.point_ids = sorted(ids)
    work.from_at, work.row_s, work.rows = grid_of(work.from_at, work.to_at, gap_s, len(ids))
    await _queue(session, work)
    return True


@system_query("a learned normal is tried on its site's past, whoever asked for it")
async def plan_trial(
    session: AsyncSession, learned: LearnedNormal, from_at: datetime, to_at: datetime, asked_by: int | None
) -> NormalWork:
    """Try ``learned`` on the readings of a time, by the site's rule for deviation, and queue it.

    Rows are those that it learned by; a time of too many loses its beginning. ValueError for one without rows of the
    clock."""
    if learned.row_s is None:
        raise ValueError("a recorded run has no rows of the clock")
    begins, rows = latest_rows(from_at, to_at, learned.row_s, len(learned.point_ids))
    work = NormalWork(
        site_id=learned.site_id,
        kind=WorkKind.TRY,
        normal_id=learned.id,
        from_at=begins,
        to_at=to_at,
        row_s=learned.row_s,
        rows=rows,
        point_ids=list(learned.point_ids),
        rule=rule_form(await _rule(session, learned.site_id)),
        asked_by=asked_by,
    )
    await _queue(session, work)
    return work


@system_query("a learned normal is tried by the rule of its site")
async def _rule(session: AsyncSession, site_id: int) -> Rule:
    wanted = select(AlarmRule).where(
        col(AlarmRule.site_id) == site_id, col(AlarmRule.kind) == RuleKind.DEVIATION, col(AlarmRule.enabled)
    )
    row = (await session.scalars(wanted.order_by(col(AlarmRule.id)))).first()
    if row is None:
        return USUAL_RULE
    return Rule(read_parameters(row.kind, row.parameters), row.deadband, row.on_delay_s, row.off_delay_s)


async def _queue(session: AsyncSession, work: NormalWork) -> None:
    session.add(work)
    await session.flush()
    await enqueue(session, NORMAL_JOB, {"work_id": work.id}, site_id=work.site_id, dedupe_key=f"{work.id}:0")
