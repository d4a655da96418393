"""Sets who answers for a source and what is wanted of it: each time a further version, with its reason."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.errors import N_, Invalid, NotFound
from backend.core.jobs import enqueue
from backend.governance.sources.forms import Wanted
from backend.governance.sources.people import count_records, keep_people_days, people_row
from backend.governance.sources.queries import Key, Seen
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.models import Person, Post, Site
from backend.identity.permissions import require, visible
from backend.identity.scoping import get_visible
from backend.telemetry.quality.days import Judged, sums
from backend.telemetry.quality.measuring import Norm, factors_of, hours, score
from backend.telemetry.quality.models import QUALITY_JOB, Family, SourceDay, SourceNorm


@dataclass(frozen=True)
class Tried:
    """One day by the norm in force and by the one tried."""

    day: SourceDay
    score: float | None


async def try_norm(session: AsyncSession, actor: Actor, seen: Seen, norm: Norm) -> list[Tried]:
    """What ``norm`` would have given on the source's shown days; nothing is kept."""
    require(actor, "data.manage")
    key, days = seen.key, seen.days
    if not days:
        return []
    if key.family == Family.MACHINE:
        wanted = [Judged(key.code, one.day, next(hours(one.day, actor.zone))[0], one.until, norm) for one in days]
        found = {row["day"]: score(factors_of(row)) for row in await sums(session, actor.site_id, wanted)}
    else:
        every = [days[0].day + timedelta(days=n) for n in range((days[-1].day - days[0].day).days + 1)]
        counted = await count_records(session, actor.site_id, actor.zone, key.code, every, norm.lateness_s)
        found = {row["day"]: people_row(actor.site_id, actor.zone, key.code, row, norm)["score"] for row in counted}
    return [Tried(one, found.get(one.day)) for one in days]


async def set_norm(session: AsyncSession, actor: Actor, key: Key, wanted: Wanted) -> SourceNorm:
    """A further version of the source's norm; the days from its ``since`` are judged by it, soon.

    Raises Forbidden, Invalid beside ``owner`` where there is no such person or post, and beside ``reason`` where
    somebody set another meanwhile.
    """
    require(actor, "data.manage")
    await _check_owner(session, actor, wanted)
    await session.execute(select(col(Site.id)).where(col(Site.id) == actor.site_id).with_for_update(key_share=True))
    before = await session.scalar(
        select(SourceNorm)
        .where(visible(actor, SourceNorm), col(SourceNorm.family) == key.family, col(SourceNorm.code) == key.code)
        .order_by(col(SourceNorm.version).desc())
        .limit(1)
    )
    if (before.version if before else 0) != wanted.version:
        raise Invalid(fields={"reason": N_("别人刚刚改过，请刷新后再改")})
    norm = wanted.norm
    row = SourceNorm(
        site_id=actor.site_id,
        family=key.family,
        code=key.code,
        version=wanted.version + 1,
        since=wanted.since,
        owner_post_id=wanted.owner_post_id,
        owner_id=wanted.owner_id,
        interval_s=norm.interval_s,
        lateness_s=norm.lateness_s,
        complete_wanted=norm.complete_wanted,
        target=norm.target,
        quiet_weekdays=list(norm.quiet_weekdays),
        quiet_days=list(norm.quiet_days),
        reason=wanted.reason,
        set_by=actor.person_id,
    )
    session.add(row)
    await session.flush()
    said = ("owner_post_id", "owner_id", "interval_s", "lateness_s", "complete_wanted", "target", "reason")
    change = {name: [getattr(before, name, None), getattr(row, name)] for name in said}
    await record_change(session, actor, "source.norm", "source_norm", row.id, {"source": ["", key.code], **change})
    await _judge_again(session, actor, key, wanted)
    return row


async def _judge_again(session: AsyncSession, actor: Actor, key: Key, wanted: Wanted) -> None:
    if key.family == Family.PEOPLE:
        await keep_people_days(session, actor.site_id, actor.zone)
        return
    today = now().astimezone(actor.zone).date()
    days = [(wanted.since + timedelta(days=n)).isoformat() for n in range((today - wanted.since).days + 1)]
    payload = {"site_id": actor.site_id, "days": days}
    await enqueue(session, QUALITY_JOB, payload, site_id=actor.site_id)


async def _check_owner(session: AsyncSession, actor: Actor, wanted: Wanted) -> None:
    try:
        if wanted.owner_id:
            await get_visible(session, actor, Person, wanted.owner_id)
        if wanted.owner_post_id:
            await get_visible(session, actor, Post, wanted.owner_post_id)
    except NotFound:
        raise Invalid(fields={"owner": N_("请选择一项")}) from None
