"""Looks for patterns at a site and keeps what it finds: nightly, and when somebody asks. The worker calls it."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.events import record_event
from backend.core.jobs import enqueue
from backend.identity.permissions import system_query
from backend.lessons.attributes import ATTRIBUTES, TIED
from backend.lessons.chains import Chain, chains
from backend.lessons.gathering import History, gather
from backend.lessons.measuring import measure
from backend.lessons.mining import Combination, Mined, mine
from backend.lessons.models import MINE_JOB, LessonPattern, LessonRound, PatternKind
from backend.lessons.naming import Namer, namer
from backend.lessons.suggesting import suggest

EVERY = timedelta(hours=24)
MOST_REFS = 200
"""So many of the newest records are kept with a pattern."""


@system_query("the worker looks for patterns at every site")
async def plan_rounds(session: AsyncSession) -> int:
    """Queue a round for each site whose last one is a day old; gives how many sites."""
    due = await session.scalars(
        text(
            "SELECT s.id FROM site s WHERE NOT EXISTS (SELECT FROM lesson_round r WHERE r.site_id = s.id "
            "AND r.made_at > :since) AND NOT jsonb_exists(s.modules_off, 'lessons') ORDER BY s.id"
        ),
        {"since": now() - EVERY},
    )
    sites = list(due)
    for site_id in sites:
        await enqueue(session, MINE_JOB, {"site_id": site_id}, site_id=site_id, dedupe_key=f"lessons:{site_id}")
    return len(sites)


@system_query("the worker looks for patterns at every site")
async def look_for_patterns(session: AsyncSession, site_id: int) -> LessonRound:
    """One round: what is found is kept, what isn't found any more stays and says so."""
    history = await gather(session, site_id)
    mined, found_chains = await asyncio.to_thread(_find, history)
    named = await namer(session, site_id)
    rows = [_of_combination(one, history, named) for one in mined.combinations]
    rows += [_of_chain(one, named) for one in found_chains]
    keys = [row["key"] for row in rows]
    await session.execute(
        update(LessonPattern)
        .where(col(LessonPattern.site_id) == site_id, col(LessonPattern.key).not_in(keys), col(LessonPattern.current))
        .values(current=False)
    )
    for row in rows:
        kept = {"site_id": site_id, "current": True, "found_at": now(), **row}
        changed = {name: value for name, value in kept.items() if name not in {"site_id", "key"}}
        await session.execute(
            insert(LessonPattern).values(**kept).on_conflict_do_update(index_elements=["site_id", "key"], set_=changed)
        )
    since = history.records[-1].at if history.records else None
    made = LessonRound(site_id=site_id, since=since, records=len(history.records), tested=mined.tested, found=len(rows))
    session.add(made)
    await session.flush()
    await suggest(session, site_id, history)
    await measure(session, site_id, history)
    await _tell(session, made)
    return made


def _find(history: History) -> tuple[Mined, list[Chain]]:
    mined = mine([record.items for record in history.records], ATTRIBUTES, TIED)
    return mined, chains(history.troubles, history.downstream, history.span_s)


def _of_combination(one: Combination, history: History, named: Namer) -> dict[str, Any]:
    return {
        "key": "|".join(f"{attribute}={value}" for attribute, value in one.items),
        "kind": PatternKind.COMBINATION,
        "items": named.items(one.items),
        "refs": [history.records[row].ref for row in one.rows[:MOST_REFS]],
        "times": len(one.rows),
        "of": one.of,
        "expected": one.expected,
        "p": one.p,
        "q": one.q,
        "delay_s": None,
    }


def _of_chain(one: Chain, named: Namer) -> dict[str, Any]:
    newest: Sequence[tuple[str, str]] = one.refs[::-1]
    return {
        "key": f"chain:{one.first}>{one.second}",
        "kind": PatternKind.CHAIN,
        "items": named.items([("equipment", str(one.first)), ("equipment", str(one.second))]),
        "refs": [ref for pair in newest[: MOST_REFS // 2] for ref in pair],
        "times": one.times,
        "of": one.of,
        "expected": one.expected,
        "p": one.p,
        "q": one.q,
        "delay_s": one.delay_s,
    }


async def _tell(session: AsyncSession, made: LessonRound) -> None:
    await record_event(
        session,
        site_id=made.site_id,
        kind="lessons.mined",
        subject="lesson",
        subject_id=made.id,
        data={
            "title_zh": f"规律查找完成：{made.found} 条",
            "title_en": f"Patterns looked for: {made.found} found",
            "url": "/lessons",
        },
    )
