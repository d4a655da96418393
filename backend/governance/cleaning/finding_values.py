"""Finds values that stand still or lie out of range, hour by hour as they were counted. Worker role."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import RowMapping, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.governance.cleaning.filing import Found, alarms_within, extend_case, file_case, place_of_point
from backend.governance.cleaning.models import CaseState, CleaningCase, Subject, Suspicion
from backend.governance.cleaning.stretching import INSTANT, NEAR, Known, Run, Stretch, joined, placed
from backend.identity.permissions import system_query
from backend.telemetry.models import Quality

FLAGS = {Suspicion.STUCK: int(Quality.STUCK), Suspicion.INVALID: int(Quality.OUT_OF_RANGE)}
STOOD_BEFORE = timedelta(hours=6)
"""A value is flagged once it has stood still for a while: so far back its first is looked for."""

_RUNS = """
SELECT h.point_id, r.since, r.until, r.count, r.low, r.high
FROM point_hour h CROSS JOIN LATERAL (
    SELECT min(v.at) AS since, max(v.at) AS until, count(*) AS count, min(v.value) AS low, max(v.value) AS high
    FROM (
        SELECT r.at, r.value, r.quality & :flag <> 0 AS bad,
            count(*) FILTER (WHERE r.quality & :flag = 0) OVER (ORDER BY r.at) AS good_before
        FROM reading r
        WHERE r.site_id = :site AND r.point_id = h.point_id AND r.at >= h.begins_at
            AND r.at < h.begins_at + h.seconds * interval '1 second'
    ) v WHERE v.bad GROUP BY v.good_before
) r
WHERE h.site_id = :site AND (h.stuck > 0 OR h.out_of_range > 0) AND h.begins_at >= :since AND h.begins_at < :until
    AND (h.backfill > 0 OR NOT :late) AND r.count > 0
ORDER BY h.point_id, r.since
"""
_STOOD_SINCE = """
SELECT min(r.at) AS first, max(r.at) FILTER (WHERE r.quality & :flag <> 0) AS flagged FROM reading r
WHERE r.site_id = :site AND r.point_id = :point AND r.at < :since AND r.at > COALESCE((
    SELECT max(o.at) FROM reading o WHERE o.site_id = :site AND o.point_id = :point AND o.at < :since
    AND o.at >= :from AND o.value <> :value), CAST(:from AS timestamptz))
"""


@system_query("the worker looks for suspect data at every site")
async def find_values(
    session: AsyncSession, site_id: int, since: datetime, until: datetime, *, late: bool = False
) -> int:
    """Look through the hours of all points from ``since`` to before ``until``; ``late``: only those into which values
    came late. Gives how many cases were made or extended."""
    filed = 0
    for suspicion, flag in FLAGS.items():
        values = {"site": site_id, "flag": flag, "since": since, "until": until, "late": late}
        rows = (await session.execute(text(_RUNS), values)).mappings().all()
        for point_id, of_point in groupby(rows, key=lambda row: int(row["point_id"])):
            filed += await _file_runs(session, site_id, point_id, suspicion, list(of_point))
    return filed


@system_query("the worker looks for suspect data at every site")
async def _file_runs(
    session: AsyncSession, site_id: int, point_id: int, suspicion: Suspicion, rows: Sequence[RowMapping]
) -> int:
    runs = joined([_run(row) for row in rows], suspicion)
    if suspicion == Suspicion.STUCK:
        runs = [await _from_its_first(session, site_id, run) for run in runs]
    filed = 0
    for run in runs:
        known = await _known(session, site_id, point_id, suspicion, run)
        to_file = placed(run, known, suspicion)
        if to_file is not None:
            filed += await _file(session, site_id, suspicion, *to_file)
    return filed


def _run(row: RowMapping) -> Run:
    stretch = Stretch(row["since"], row["until"] + INSTANT, int(row["count"]))
    return Run(int(row["point_id"]), (stretch,), row["low"], row["high"])


@system_query("the worker looks for suspect data at every site")
async def _from_its_first(session: AsyncSession, site_id: int, run: Run) -> Run:
    """The run from the first of its equal values, which was not flagged yet; one that goes on from an hour that was
    looked through before begins where that ended, however seldom the point sends."""
    values = {"site": site_id, "point": run.point_id, "since": run.since, "value": run.low}
    values |= {"flag": FLAGS[Suspicion.STUCK], "from": run.since - STOOD_BEFORE}
    row = (await session.execute(text(_STOOD_SINCE), values)).one()
    since = row.flagged + INSTANT if row.flagged else row.first or run.since
    head = Stretch(since, run.stretches[0].until, run.stretches[0].count)
    return Run(run.point_id, (head, *run.stretches[1:]), run.low, run.high)


@system_query("the worker looks for suspect data at every site")
async def _known(session: AsyncSession, site_id: int, point_id: int, suspicion: Suspicion, run: Run) -> list[Known]:
    near = NEAR[suspicion]
    wanted = (
        select(CleaningCase)
        .where(
            col(CleaningCase.site_id) == site_id,
            col(CleaningCase.point_id) == point_id,
            col(CleaningCase.suspicion) == suspicion,
            col(CleaningCase.until) >= run.since - near,
            col(CleaningCase.since) <= run.until + near,
        )
        .order_by(col(CleaningCase.since))
    )
    return [Known(case.id, case.state == CaseState.OPEN, run_of(case)) for case in await session.scalars(wanted)]


def run_of(case: CleaningCase) -> Run:
    """What a case of values is about."""
    assert case.point_id is not None
    return Run(case.point_id, stretches_of(case), case.evidence["low"], case.evidence["high"])


def stretches_of(case: CleaningCase) -> tuple[Stretch, ...]:
    """The stretches of suspect values of a case."""
    kept = case.evidence["stretches"]
    return tuple(Stretch(datetime.fromisoformat(a), datetime.fromisoformat(b), int(n)) for a, b, n in kept)


@system_query("the worker looks for suspect data at every site")
async def _file(session: AsyncSession, site_id: int, suspicion: Suspicion, case_id: int | None, run: Run) -> bool:
    evidence = {
        "stretches": [[one.since.isoformat(), one.until.isoformat(), one.count] for one in run.stretches],
        "low": run.low,
        "high": run.high,
    }
    concerns = await alarms_within(session, site_id, run.point_id, run.stretches)
    span: dict[str, Any] = {"since": run.since, "until": run.until, "count": run.count, "concerns": concerns}
    if case_id is not None:
        return await extend_case(session, case_id, **span, evidence=evidence)
    place = await place_of_point(session, site_id, run.point_id)
    key = f"{suspicion}:{run.point_id}:{run.since.isoformat()}"
    found = Found(suspicion, Subject.VALUES, key, **span, evidence=evidence, place=place)
    return await file_case(session, site_id, found) is not None
