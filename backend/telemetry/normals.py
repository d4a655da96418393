"""Versions of a site's learned normal: kept in order, one in force. System role."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.permissions import system_query
from backend.telemetry.models import LearnedNormal


@system_query("a starter pack and the worker learn what is normal at a site")
async def keep_version(session: AsyncSession, learned: LearnedNormal) -> LearnedNormal:
    """Store ``learned`` as its site's next version, not in force. Until the transaction ends nobody else does so."""
    await alone(session, learned.site_id)
    newest = text("SELECT COALESCE(max(version), 0) FROM learned_normal WHERE site_id = :site")
    learned.version = (await session.execute(newest, {"site": learned.site_id})).scalar_one() + 1
    learned.active = False
    session.add(learned)
    await session.flush()
    return learned


@system_query("the version in force is changed for a person who may, or with a starter pack")
async def put_in_force(session: AsyncSession, learned: LearnedNormal) -> None:
    """Let the site's readings be judged by ``learned`` from the next look of the ingest on."""
    await alone(session, learned.site_id)
    former = text("UPDATE learned_normal SET active = false WHERE site_id = :site AND active AND id <> :id")
    await session.execute(former, {"site": learned.site_id, "id": learned.id})
    learned.active = True
    session.add(learned)
    await session.flush()


async def alone(session: AsyncSession, site_id: int) -> None:
    """Until the transaction ends, nobody else keeps a version of this site or puts one in force."""
    key = f"learned_normal:{site_id}"
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})
