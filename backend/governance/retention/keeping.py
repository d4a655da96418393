"""The nightly round: deletes what each site keeps no longer, in short batches, each with its account.

A round can be killed at any moment: a batch and its account commit together, and the next round goes on with the
night's unfinished rows. What holds data back is looked at in the statement that deletes. Worker role, all sites.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from backend.core.clock import now
from backend.core.database import Database
from backend.core.expiring import Expiring
from backend.core.settings import settings
from backend.governance.retention.holding import CTE_OF_HOLDS, aged, held, holds_of
from backend.governance.retention.kinds import HOLDS, KINDS, usual_days
from backend.governance.retention.models import Kind, RetentionRule, RetentionRun
from backend.governance.retention.planning import Wish, held_days, may_go, what_goes
from backend.identity.models import Site
from backend.identity.permissions import system_query
from backend.telemetry.partitions import close_day, delete_of_site, drop_day, partition_days, sites_of_day, weigh_day

log = structlog.get_logger()

BATCH = 5_000
BEGINS_HOUR = 2
"""By the site's clock; a night that was slept through is made up for during the day."""


@dataclass(frozen=True)
class _Turn:
    site_id: int
    night: date
    kind: Kind
    keep_days: int


async def keep_retention(database: Database, at: datetime | None = None) -> int:
    """Do what is due of tonight at each site; gives how many rows went. Safe to repeat: a finished night is over."""
    moment = at or now()
    async with database.session() as session:
        turns = await _due(session, moment)
    gone = 0
    for turn in turns:
        if turn.kind is Kind.READINGS:
            gone += await _forget_readings(database, turn, moment)
            continue
        expiring = KINDS[turn.kind].expiring
        more = expiring is not None and turn.keep_days > 0
        while more and expiring is not None:
            async with database.session() as session:
                deleted = await _forget_batch(session, turn, expiring, moment)
            gone += deleted
            more = deleted == BATCH
        async with database.session() as session:
            await _finish(session, turn, await _held(session, turn, moment))
    if gone:
        log.info("retention.done", deleted=gone)
    return gone


@system_query("the worker keeps what every site set")
async def days_in_force(session: AsyncSession, site_id: int, at: datetime) -> dict[Kind, int]:
    """How many days the site keeps each kind at the moment ``at``; 0: for ever."""
    wanted = (
        select(RetentionRule)
        .where(
            col(RetentionRule.site_id) == site_id,
            col(RetentionRule.withdrawn_at).is_(None),
            col(RetentionRule.effective_at) <= at,
        )
        .order_by(col(RetentionRule.version))
    )
    rules = {rule.kind: rule.keep_days for rule in await session.scalars(wanted)}
    return {kind: rules.get(kind, usual_days(kind, settings())) for kind in Kind}


@system_query("the worker looks after every site")
async def _due(session: AsyncSession, at: datetime) -> list[_Turn]:
    found = []
    for site in (await session.scalars(select(Site).order_by(col(Site.id)))).all():
        here = at.astimezone(ZoneInfo(site.time_zone))
        if here.hour < BEGINS_HOUR:
            continue
        over = set(
            await session.scalars(
                select(RetentionRun.kind).where(
                    col(RetentionRun.site_id) == site.id,
                    col(RetentionRun.night) == here.date(),
                    col(RetentionRun.finished_at).is_not(None),
                )
            )
        )
        days = await days_in_force(session, site.id, at)
        found += [_Turn(site.id, here.date(), kind, days[kind]) for kind in Kind if kind not in over]
    return found


_ACCOUNT = """
INSERT INTO retention_run(site_id, kind, night, keep_days, deleted, freed_bytes)
VALUES (:site, :kind, :night, :days, :deleted, :freed)
ON CONFLICT (site_id, kind, night) DO UPDATE
SET deleted = retention_run.deleted + EXCLUDED.deleted, freed_bytes = retention_run.freed_bytes + EXCLUDED.freed_bytes
"""


@system_query("each batch of every site goes with its account")
async def _account(session: AsyncSession, turn: _Turn, deleted: int = 0, freed: int = 0) -> None:
    known = {"site": turn.site_id, "kind": turn.kind, "night": turn.night, "days": turn.keep_days}
    await session.execute(text(_ACCOUNT), {**known, "deleted": deleted, "freed": freed})


@system_query("the worker ends every site's night")
async def _finish(session: AsyncSession, turn: _Turn, kept: int) -> None:
    await _account(session, turn)
    await session.execute(
        text(
            "UPDATE retention_run SET finished_at = :at, held = :held"
            " WHERE site_id = :site AND kind = :kind AND night = :night"
        ),
        {"at": now(), "held": kept, "site": turn.site_id, "kind": turn.kind, "night": turn.night},
    )


def _values(turn: _Turn, at: datetime) -> dict[str, object]:
    before = at - timedelta(days=turn.keep_days)
    return {"site": turn.site_id, "before": before, "whys": list(KINDS[turn.kind].held_by)}


@system_query("the worker forgets what each site keeps no longer")
async def _forget_batch(session: AsyncSession, turn: _Turn, expiring: Expiring, at: datetime) -> int:
    blank = ", ".join(f"{column} = NULL" for column in expiring.blanked)
    table = expiring.table
    deed = f"UPDATE {table} SET {blank} FROM aim WHERE" if blank else f"DELETE FROM {table} USING aim WHERE"  # noqa: S608
    rows = await session.execute(
        text(
            f"{CTE_OF_HOLDS}, aim AS (SELECT t.id FROM {table} t"  # noqa: S608
            f" WHERE {aged(expiring)} AND NOT {held(expiring.at)} ORDER BY {expiring.at} LIMIT :most FOR UPDATE OF t)"
            f" {deed} {table}.id = aim.id RETURNING {table}.id"
        ),
        {**_values(turn, at), "most": BATCH},
    )
    deleted = len(rows.all())
    await _account(session, turn, deleted, 0 if blank else deleted * await row_bytes(session, table))
    return deleted


@system_query("the worker says what it held back, at every site")
async def _held(session: AsyncSession, turn: _Turn, at: datetime) -> int:
    expiring = KINDS[turn.kind].expiring
    if expiring is None or not turn.keep_days:
        return 0
    kept = f"{aged(expiring)} AND {held(expiring.at)}"
    counted = text(f"{CTE_OF_HOLDS} SELECT count(*) FROM {expiring.table} t WHERE {kept}")  # noqa: S608
    return int(await session.scalar(counted, _values(turn, at)) or 0)


@system_query("a figure of the table, not of a site")
async def row_bytes(session: AsyncSession, table: str) -> int:
    """What a row of ``table`` takes on the disk with its indexes, on the mean, by the catalogue."""
    found = await session.scalar(
        text(
            "SELECT pg_total_relation_size(oid) / GREATEST(reltuples, 1) FROM pg_class WHERE oid = to_regclass(:table)"
            " AND reltuples > 0"
        ),
        {"table": table},
    )
    return int(found or 0)


async def _forget_readings(database: Database, turn: _Turn, at: datetime) -> int:
    """The site's turn: its rows go; where all sites agree, or nobody else has any, the whole partition."""
    gone = 0
    async with database.session() as session:
        days = await partition_days(session)
        wish = (await _wishes(session, at))[turn.site_id]
    for day in (day for day in days if may_go(wish, day, at)):
        more = True
        while more:
            async with database.session() as session:
                deleted, more = await _forget_day(session, turn, day, at)
            gone += deleted
    async with database.session() as session:
        wish = (await _wishes(session, at))[turn.site_id]
        await _finish(session, turn, len(held_days(wish, await partition_days(session), at)))
    return gone


async def _forget_day(session: AsyncSession, turn: _Turn, day: date, at: datetime) -> tuple[int, bool]:
    """One batch of a day, in the caller's transaction; gives how many went, and whether more of it waits."""
    wishes = await _wishes(session, at)
    await close_day(session, day)
    going = what_goes(wishes, day, await sites_of_day(session, day), at)
    if going.whole:
        size, counts = await weigh_day(session, day)
        await drop_day(session, day)
        whole = sum(counts.values())
        for site_id, count in counts.items():
            other = _Turn(site_id, turn.night, turn.kind, wishes[site_id].keep_days)
            await _account(session, other, count, size * count // max(1, whole))
        return whole, False
    if turn.site_id not in going.sites:
        return 0, False
    deleted = await delete_of_site(session, day, turn.site_id, BATCH)
    await _account(session, turn, deleted, deleted * await row_bytes(session, f"reading_{day:%Y%m%d}"))
    return deleted, deleted == BATCH


@system_query("a partition holds readings of every site")
async def _wishes(session: AsyncSession, at: datetime) -> dict[int, Wish]:
    found = {}
    for site_id in (await session.scalars(select(Site.id).order_by(col(Site.id)))).all():
        keep_days = (await days_in_force(session, site_id, at))[Kind.READINGS]
        found[site_id] = Wish(keep_days, await holds_of(session, site_id, HOLDS) if keep_days else ())
    return found
