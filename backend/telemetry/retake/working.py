"""Taking in, step by step: some messages, their readings and how far the run is commit together. System role.

A worker may die at any moment: the next one goes on behind the last step. Readings go the way of late ones: marked
BACKFILL, they are counted and traced anew, but neither raise nor clear an alarm, and the last value stays the last.
"""

from collections.abc import Sequence

import structlog
from sqlalchemy import and_, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from backend.core.clock import now
from backend.core.database import driver_connection
from backend.core.failing import database_is_away
from backend.core.jobs import JobContext
from backend.identity.audit import record_change_by_system
from backend.identity.permissions import system_query
from backend.telemetry.assembly import Assembly, Opened, unknown_codes
from backend.telemetry.late import ask_for_traces
from backend.telemetry.models import Quality
from backend.telemetry.partitions import day_of_number, ensure_partitions
from backend.telemetry.plant_map import KnownSite, PlantMap
from backend.telemetry.quality.accounting import hour_of, note_behind
from backend.telemetry.reasons import Reason
from backend.telemetry.retake.again import Held, Outcome, Part, take
from backend.telemetry.retake.memories import keys_near, step_over
from backend.telemetry.retake.models import HeldPart, RetakeRun
from backend.telemetry.retake.queries import Wish, fits, held_messages
from backend.telemetry.retake.trying import open_all, remember, site_and_plant
from backend.telemetry.storage import insert_doubtful

log = structlog.get_logger()

STEP = 500
_BACKFILL = int(Quality.BACKFILL)


async def take_in_again(context: JobContext) -> None:
    """The job: the whole run, from where it stands."""
    run_id = int(context.payload["run_id"])
    more = True
    while more:
        async with context.database.session() as session:
            more = await step(session, run_id)


def wish_of(run: RetakeRun) -> Wish:
    """What the run is about."""
    return Wish(run.reason, run.code, run.source, mended=run.mended)


@system_query("the worker takes in for every site, as somebody of it asked")
async def step(session: AsyncSession, run_id: int, most: int = STEP) -> bool:
    """Take in the next ``most`` messages; False when the run is over. The caller commits."""
    run = await session.scalar(select(RetakeRun).where(col(RetakeRun.id) == run_id).with_for_update())
    if run is None or run.finished_at is not None:
        return False
    wanted = and_(col(HeldPart.site_id) == run.site_id, fits(wish_of(run)))
    held = await held_messages(session, wanted, most=most, after=run.at_id, until=run.until_id, lock=True)
    if not held:
        await _finish(session, run)
        return False
    await _take(session, run, held)
    run.at_id = held[-1].id
    run.looked_at += len(held)
    await session.flush()
    return True


async def _finish(session: AsyncSession, run: RetakeRun) -> None:
    run.finished_at = now()
    run.memory = {}
    figures = {name: [0, getattr(run, name)] for name in ("stored", "duplicate", "refused")}
    await record_change_by_system(session, run.site_id, "telemetry.retaken", "retake_run", run.id, figures)


async def _take(session: AsyncSession, run: RetakeRun, held: Sequence[Held]) -> None:
    """Take ``held`` in together, or, where the database won't have something of them, one by one."""
    try:
        async with session.begin_nested():
            await _take_together(session, run, held)
    except Exception as error:
        if database_is_away(error):
            raise
        await session.refresh(run)
        if len(held) == 1:
            log.warning("retake.not_storable", held_id=held[0].id, error=repr(error)[:300])
            refused = tuple(Part(Reason.NOT_STORABLE, part.code, part.parts) for part in held[0].parts)
            await _note(session, run, [Outcome(held[0], refused, stored=False)])
            return
        for one in held:
            await _take(session, run, [one])


async def _take_together(session: AsyncSession, run: RetakeRun, held: Sequence[Held]) -> None:
    site, plant = await site_and_plant(session, run.site_id)
    opened = await open_all(session, held, site, plant)
    unknown = unknown_codes(opened, plant)
    if unknown:
        await plant.add_unknown(session, [(*key, source) for key, source in unknown.items()])
    await remember(session, plant, held[0].received, run.memory)
    assembly = Assembly(plant)
    outcomes = await _assemble(session, assembly, plant, site, list(zip(held, opened, strict=True)))
    await _store(session, run, assembly)
    await _note(session, run, outcomes)
    run.memory = run.memory | {str(point.id): point.memory.to_keep() for point in plant.points.values()}
    await session.flush()


async def _assemble(
    session: AsyncSession, assembly: Assembly, plant: PlantMap, site: KnownSite, messages: list[tuple[Held, Opened]]
) -> list[Outcome]:
    """Give all to ``assembly``, past the keys that other values received in the same moment have."""
    met = {
        (point.id, held.received)
        for held, opened in messages
        for value in opened.content.values
        if (point := plant.find(site.id, value)) is not None
    }
    taken = await keys_near(await driver_connection(session), site.id, sorted(met))
    outcomes = []
    for held, opened in messages:
        for value in opened.content.values if taken else ():
            point = plant.find(site.id, value)
            if point is not None:
                keys = taken.get((point.id, held.received), ())
                point.memory.stamped = step_over(point.memory.stamped, held.received, keys)
        outcomes.append(take(held, opened, assembly))
    return outcomes


async def _store(session: AsyncSession, run: RetakeRun, assembly: Assembly) -> None:
    """Readings like late ones: counted again, traced anew, judged by nobody."""
    rows = [row._replace(quality=row.quality | _BACKFILL) for row in (*assembly.fresh, *assembly.doubtful)]
    if rows:
        await ensure_partitions(session, [day_of_number(day) for day in assembly.days])
        connection = await driver_connection(session)
        await insert_doubtful(connection, rows, [*assembly.fresh_tallies, *assembly.doubtful_tallies])
        await note_behind(connection, {(row.site_id, row.point_id, hour_of(row.at)) for row in rows})
        moments = [row.at for row in rows]
        await ask_for_traces(connection, {run.site_id: (min(moments), max(moments))})
    run.stored += sum(tally.stored for tally in assembly.tallies.values())
    run.duplicate += sum(tally.duplicate for tally in assembly.tallies.values())


_FORGET = """
DELETE FROM held_part USING unnest(CAST(:ids AS bigint[]), CAST(:reasons AS text[]), CAST(:codes AS text[]))
    AS u(id, reason, code)
WHERE held_part.held_id = u.id AND held_part.reason = u.reason AND held_part.code = u.code AND site_id = :site
"""
_KEEP = """
INSERT INTO held_part(held_id, site_id, reason, code, source, received_at, parts)
SELECT m.id, m.site_id, u.reason, u.code, m.source, m.received_at, u.parts
FROM unnest(CAST(:ids AS bigint[]), CAST(:reasons AS text[]), CAST(:codes AS text[]), CAST(:counts AS int[]))
    AS u(id, reason, code, parts)
JOIN held_message m ON m.id = u.id
ON CONFLICT (held_id, reason, code) DO UPDATE SET parts = GREATEST(held_part.parts, EXCLUDED.parts)
"""
_LET_GO = """
DELETE FROM held_message m WHERE m.id = ANY(:ids) AND NOT EXISTS (SELECT FROM held_part p WHERE p.held_id = m.id)
"""


@system_query("the run says of which site it is")
async def _note(session: AsyncSession, run: RetakeRun, outcomes: Sequence[Outcome]) -> None:
    """Parts that are done go, those still refused get their cause of now, messages without any part go."""
    asked = [(one.held.id, part.reason, part.code) for one in outcomes for part in one.held.parts]
    ids, reasons, codes = (list(column) for column in zip(*asked, strict=True))
    await session.execute(text(_FORGET), {"ids": ids, "reasons": reasons, "codes": codes, "site": run.site_id})
    kept = [(one.held.id, part.reason, part.code, part.parts) for one in outcomes for part in one.refused]
    if kept:
        ids, reasons, codes, counts = (list(column) for column in zip(*kept, strict=True))
        known = {"ids": ids, "reasons": [str(reason) for reason in reasons], "codes": codes, "counts": counts}
        await session.execute(text(_KEEP), known)
        run.refused += sum(counts)
    taken = [one.held.id for one in outcomes if one.stored]
    await session.execute(text("UPDATE held_message SET whole = false WHERE id = ANY(:ids) AND whole"), {"ids": taken})
    await session.execute(text(_LET_GO), {"ids": [one.held.id for one in outcomes]})
    await session.flush()
