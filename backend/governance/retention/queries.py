"""What is stored, how long it is kept, and what would go: cheap figures of the catalogue and bounded counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.expiring import Expiring
from backend.core.settings import settings
from backend.governance.retention.holding import CTE_OF_HOLDS, aged, held, holds_of
from backend.governance.retention.kinds import KEPT, KINDS, Kept, usual_days
from backend.governance.retention.models import Kind, RetentionRule, RetentionRun
from backend.governance.retention.planning import Hold, Wish, held_days, is_old
from backend.governance.retention.rules import Standing, standing
from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.identity.permissions import visible
from backend.telemetry.partitions import DayFigures, day_figures

COUNTED_MOST = 50_000
"""More rows than this are "more than": no page reads a whole table."""
EXAMPLES = 5
NIGHTS = 30


@dataclass(frozen=True)
class Stored:
    """What there is of a table, over the whole server; ``oldest`` of the site's own."""

    rows: int
    size: int
    oldest: datetime | None = None

    @property
    def a_day(self) -> float | None:
        """Rows that come in a day on the mean since the oldest; None where nothing says it."""
        return None if self.oldest is None else self.rows / max(1.0, (now() - self.oldest) / timedelta(days=1))


@dataclass(frozen=True)
class Overview:
    """The page: kinds with their standing, what isn't deleted here, the last nights."""

    kinds: Mapping[Kind, tuple[Standing, Stored]]
    kept: Sequence[tuple[Kept, Stored]]
    runs: Sequence[RetentionRun]


@dataclass(frozen=True)
class DryRun:
    """What would go of ``kind`` if it were kept ``days`` from now on (0: for ever). Nothing is changed by asking."""

    kind: Kind
    days: int
    rows: int = 0
    more: bool = False
    """There are more than could be counted in short time."""
    oldest: datetime | None = None
    newest: datetime | None = None
    freed: int = 0
    held: int = 0
    """Rows old enough that stay; of readings days."""
    holds: Sequence[Hold] = ()
    examples: Sequence[tuple[datetime, str]] = field(default=())


async def overview(session: AsyncSession, actor: Actor) -> Overview:
    """Everything stored, how long it stays, and what the last nights did."""
    tables = [about.expiring.table for about in KINDS.values() if about.expiring] + [one.table for one in KEPT]
    sizes = await _sizes(session, tables)
    rules, kinds = await _rules(session, actor), {}
    for kind, about in KINDS.items():
        if about.expiring is None:
            stored = _of_days(await day_figures(session))
        else:
            seen = sizes[about.expiring.table]
            stored = Stored(seen.rows, seen.size, await _oldest(session, actor, about.expiring))
        mine = [rule for rule in rules if rule.kind == kind]
        kinds[kind] = standing(mine, usual_days(kind, settings()), now()), stored
    since = (now() - timedelta(days=NIGHTS)).date()
    runs = await session.scalars(
        select(RetentionRun)
        .where(visible(actor, RetentionRun), col(RetentionRun.night) >= since)
        .order_by(col(RetentionRun.night).desc(), col(RetentionRun.kind))
    )
    return Overview(kinds, [(one, sizes[one.table]) for one in KEPT], runs.all())


async def standing_of(session: AsyncSession, actor: Actor, kind: Kind) -> Standing:
    """How long the site keeps ``kind`` now, and what waits."""
    mine = [rule for rule in await _rules(session, actor) if rule.kind == kind]
    return standing(mine, usual_days(kind, settings()), now())


async def versions_of(session: AsyncSession, actor: Actor, kind: Kind) -> Sequence[tuple[RetentionRule, Person | None]]:
    """All that was ever set for ``kind``, the newest first, with who did it."""
    wanted = (
        select(RetentionRule, Person)
        .outerjoin(Person, col(Person.id) == col(RetentionRule.set_by))
        .where(visible(actor, RetentionRule), col(RetentionRule.kind) == kind)
        .order_by(col(RetentionRule.version).desc())
        .limit(50)
    )
    return [(rule, person) for rule, person in await session.execute(wanted)]


async def dry_run(session: AsyncSession, actor: Actor, kind: Kind, days: int) -> DryRun:
    """What would go, and what is held back and why. Changes nothing."""
    about = KINDS[kind]
    holds = await holds_of(session, actor.site_id, about.held_by)
    if not days:
        return DryRun(kind, days)
    if about.expiring is None:
        return _of_readings(await day_figures(session), days, holds, now())
    return await _of_rows(session, actor, kind, days, holds)


async def _rules(session: AsyncSession, actor: Actor) -> Sequence[RetentionRule]:
    wanted = select(RetentionRule).where(visible(actor, RetentionRule)).order_by(col(RetentionRule.version))
    return (await session.scalars(wanted)).all()


async def _sizes(session: AsyncSession, tables: Sequence[str]) -> dict[str, Stored]:
    rows = await session.execute(
        text(
            "SELECT t, COALESCE(GREATEST(s.n_live_tup, c.reltuples, 0), 0)::bigint, pg_total_relation_size(c.oid)"
            " FROM unnest(CAST(:tables AS text[])) AS t JOIN pg_class c ON c.oid = to_regclass(t)"
            " LEFT JOIN pg_stat_user_tables s ON s.relid = c.oid"
        ),
        {"tables": list(tables)},
    )
    return {table: Stored(count, size) for table, count, size in rows}


async def _oldest(session: AsyncSession, actor: Actor, expiring: Expiring) -> datetime | None:
    found: datetime | None = await session.scalar(
        text(
            f"SELECT {expiring.at} FROM {expiring.table} t WHERE t.site_id = :site AND {expiring.also}"  # noqa: S608
            f" AND {expiring.at} < ansu_now() ORDER BY {expiring.at} LIMIT 1"
        ),
        {"site": actor.site_id},
    )
    return found


def _of_days(days: Sequence[DayFigures]) -> Stored:
    filled = [one for one in days if one.rows]
    oldest = datetime.combine(filled[0].day, time(), UTC) if filled else None
    return Stored(sum(one.rows for one in days), sum(one.size for one in days), oldest)


def _of_readings(days: Sequence[DayFigures], keep_days: int, holds: Sequence[Hold], at: datetime) -> DryRun:
    wish = Wish(keep_days, holds)
    old = [one for one in days if is_old(wish, one.day, at)]
    kept = set(held_days(wish, [one.day for one in old], at))
    going = [one for one in old if one.day not in kept]
    filled = [one for one in going if one.rows]
    begins = [datetime.combine(one.day, time(), UTC) for one in filled]
    reasons = [hold for hold in holds if any(hold.covers_day(day) for day in kept)]
    return DryRun(
        Kind.READINGS,
        keep_days,
        rows=sum(one.rows for one in going),
        oldest=begins[0] if begins else None,
        newest=begins[-1] + timedelta(days=1) if begins else None,
        freed=sum(one.size for one in going),
        held=len(kept),
        holds=reasons,
        examples=[(datetime.combine(one.day, time(12), UTC), str(one.rows)) for one in filled[:EXAMPLES]],
    )


async def _of_rows(session: AsyncSession, actor: Actor, kind: Kind, days: int, holds: Sequence[Hold]) -> DryRun:
    about = KINDS[kind]
    expiring = about.expiring
    assert expiring is not None
    values: dict[str, Any] = {
        "site": actor.site_id,
        "before": now() - timedelta(days=days),
        "whys": list(about.held_by),
        "most": COUNTED_MOST + 1,
    }
    old = (
        f"{CTE_OF_HOLDS}, old AS (SELECT t.id, {expiring.at} AS at, {expiring.shown} AS word,"  # noqa: S608
        f" {held(expiring.at)} AS held"
        f" FROM {expiring.table} t WHERE {aged(expiring)} ORDER BY {expiring.at} LIMIT :most)"
    )
    counts = "count(*) FILTER (WHERE NOT held), count(*) FILTER (WHERE held), count(*)"
    ends = "min(at) FILTER (WHERE NOT held), max(at) FILTER (WHERE NOT held)"
    row = (await session.execute(text(f"{old} SELECT {counts}, {ends} FROM old"), values)).one()  # noqa: S608
    first = text(f"{old} SELECT at, word FROM old WHERE NOT held ORDER BY at, id LIMIT {EXAMPLES}")  # noqa: S608
    examples = [(at, word) for at, word in await session.execute(first, values)]
    seen = (await _sizes(session, [expiring.table]))[expiring.table]
    each = 0 if expiring.blanked else seen.size / max(1, seen.rows)
    before = values["before"]
    reasons = [hold for hold in holds if row[1] and hold.starts < before]
    return DryRun(
        kind, days, row[0], row[2] > COUNTED_MOST, row[3], row[4], int(row[0] * each), row[1], reasons, examples
    )
