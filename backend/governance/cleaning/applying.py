"""What a decision does to the figures: records stop counting, values are judged. Without permission or audit, so that
``effects`` can try it and ``commands`` can do it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.checkins.models import CheckIn
from backend.exclusions.commands import Record, exclude
from backend.exclusions.models import RecordKind
from backend.governance.cleaning.finding_values import stretches_of
from backend.governance.cleaning.models import CaseState, CleaningCase, CleaningRecord, Subject, Suspicion
from backend.governance.cleaning.queries.alarms import alarms_within
from backend.governance.cleaning.stretching import INSTANT, Stretch
from backend.identity.actor import Actor
from backend.identity.permissions import system_query, visible
from backend.telemetry.models import Quality
from backend.telemetry.quality.rolling import decide_values

_LATE_VALUES = f"""
SELECT h.point_id, min(r.since) AS since, max(r.until) AS until, sum(r.count) AS count
FROM point_hour h CROSS JOIN LATERAL (
    SELECT min(r.at) AS since, max(r.at) AS until, count(*) AS count FROM reading r
    WHERE r.site_id = :site AND r.point_id = h.point_id AND r.at >= h.begins_at
        AND r.at < h.begins_at + h.seconds * interval '1 second' AND r.quality & {int(Quality.BACKFILL)} <> 0
) r
WHERE h.site_id = :site AND h.source = :source AND h.begins_at >= :since AND h.begins_at < :until AND h.backfill > 0
    AND r.count > 0
GROUP BY h.point_id, h.begins_at ORDER BY h.point_id, h.begins_at
"""  # noqa: S608 - our own flag


async def apply(
    session: AsyncSession, actor: Actor, case: CleaningCase, state: CaseState, kept_id: int | None = None
) -> list[int]:
    """Let the case's records and values count or not; gives the ids of what was said of values."""
    if state == CaseState.EXCLUDED:
        await exclude(session, actor, case.id, await records_out(session, actor, case, kept_id))
    said: list[int] = []
    for point_id, stretches in (await values_of(session, actor, case)).items():
        for one in stretches:
            genuine = state == CaseState.KEPT
            verdict = await decide_values(session, actor.site_id, point_id, one.since, one.until, genuine=genuine)
            said.append(verdict.id)
    return said


async def records_out(
    session: AsyncSession, actor: Actor, case: CleaningCase, kept_id: int | None = None
) -> list[Record]:
    """What an exclusion takes out. ``kept_id``: of duplicates the one that stays, the first where nobody said."""
    if case.subject == Subject.VALUES:
        stretches = (await values_of(session, actor, case)).get(case.point_id or 0, [])
        return [(RecordKind.ALARM, id_) for id_ in await alarms_within(session, actor, case.point_id or 0, stretches)]
    wanted = (
        select(CleaningRecord)
        .where(visible(actor, CleaningRecord), col(CleaningRecord.case_id) == case.id)
        .order_by(col(CleaningRecord.suspect), col(CleaningRecord.record_id))
    )
    records = (await session.scalars(wanted)).all()
    out = [(RecordKind(one.kind), one.record_id) for one in records if one.record_id != _kept(records, kept_id)]
    if case.suspicion == Suspicion.INVALID:
        return out
    return out + await _visits(session, actor, out, _kept(records, kept_id))


def _kept(records: Sequence[CleaningRecord], kept_id: int | None) -> int | None:
    if kept_id is not None:
        return kept_id
    return next((one.record_id for one in records if not one.suspect), None)


async def _visits(session: AsyncSession, actor: Actor, out: Iterable[Record], kept_id: int | None) -> list[Record]:
    """Visits that only check-ins which go out prove: a slip of the thumb doesn't unmake a visit, a repetition does."""
    ids = [id_ for kind, id_ in out if kind == RecordKind.CHECKIN]
    if not ids:
        return []
    proved = await session.execute(
        select(col(CheckIn.id), col(CheckIn.visit_id)).where(
            visible(actor, CheckIn), col(CheckIn.id).in_([*ids, kept_id or 0]), col(CheckIn.visit_id).is_not(None)
        )
    )
    visits = {id_: visit for id_, visit in proved}
    stays = visits.get(kept_id or 0)
    return [(RecordKind.VISIT, visit) for id_, visit in visits.items() if id_ != kept_id and visit and visit != stays]


async def values_of(session: AsyncSession, actor: Actor, case: CleaningCase) -> Mapping[int, Sequence[Stretch]]:
    """The stretches of values that a case is about, by point."""
    if case.subject == Subject.SOURCE:
        return await _late_values(session, actor.site_id, case)
    if case.subject != Subject.VALUES or case.point_id is None:
        return {}
    if case.suspicion == Suspicion.DRIFTED:
        return {case.point_id: [Stretch(case.since, case.until, case.count)]}
    return {case.point_id: stretches_of(case)}


@system_query("the case was loaded as far as its actor may see it; its source is looked at in its own site")
async def _late_values(session: AsyncSession, site_id: int, case: CleaningCase) -> Mapping[int, Sequence[Stretch]]:
    values = {"site": site_id, "source": case.source, "since": case.since, "until": case.until}
    found: dict[int, list[Stretch]] = defaultdict(list)
    for row in (await session.execute(text(_LATE_VALUES), values)).mappings():
        stretch = Stretch(row["since"], row["until"] + INSTANT, int(row["count"]))
        last = found[row["point_id"]][-1] if found[row["point_id"]] else None
        if last is not None and (stretch.since - last.until).total_seconds() <= 3600:
            found[row["point_id"]][-1] = Stretch(last.since, stretch.until, last.count + stretch.count)
        else:
            found[row["point_id"]].append(stretch)
    return found
