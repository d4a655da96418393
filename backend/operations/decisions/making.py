"""Finds out at each site, once a day and when somebody asks, what decisions rest on, and suggests renewals and courses.
The worker calls it.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.jobs import enqueue
from backend.identity.models import Post, Site
from backend.identity.modules import Module
from backend.identity.permissions import system_query
from backend.lessons.models import Suggestion, SuggestionKind, SuggestionState
from backend.operations.decisions.controls import suggest_measures
from backend.operations.decisions.gathering import WEEKS, Renewal, stored_class, stored_walk, walked, worn
from backend.operations.decisions.grounds import grounds, stored_ground
from backend.operations.decisions.models import DECIDE_JOB, DecisionRound
from backend.operations.decisions.needs import Need, needs
from backend.training.models import Course

EVERY = timedelta(hours=24)
KEPT = timedelta(days=400)
MOST_RENEWALS = 10
MOST_COURSES = 10
QUARTER = 90 / 365


@system_query("the worker finds out at every site")
async def plan_decisions(session: AsyncSession) -> int:
    """Queue a round for each site whose last one is a day old; gives how many sites."""
    due = await session.scalars(
        text(
            "SELECT s.id FROM site s WHERE NOT EXISTS (SELECT FROM decision_round r WHERE r.site_id = s.id "
            "AND r.made_at > :since) AND NOT jsonb_exists(s.modules_off, 'operations') ORDER BY s.id"
        ),
        {"since": now() - EVERY},
    )
    sites = list(due)
    for site_id in sites:
        await enqueue(session, DECIDE_JOB, {"site_id": site_id}, site_id=site_id, dedupe_key=f"decisions:{site_id}")
    return len(sites)


@system_query("the worker finds out at every site")
async def find_out(session: AsyncSession, site_id: int) -> DecisionRound:
    """One round: what was found is kept, and what asks for a renewal or a course is suggested, once each."""
    rounds = await walked(session, site_id)
    classes = await worn(session, site_id)
    site = await session.get_one(Site, site_id)
    grades = Module.RISKS not in site.modules_off
    expected = await grounds(session, site_id) if grades else {}
    made = DecisionRound(
        site_id=site_id,
        weeks=WEEKS,
        rounds=[{**stored_walk(one), **stored_ground(expected.get(one.plan_id))} for one in rounds],
        classes=[stored_class(one) for one in classes],
    )
    session.add(made)
    wishes = [_renewal(each, one.name) for one in classes for each in one.renewals[:MOST_RENEWALS]]
    wishes += await _courses(session, site_id, (await needs(session, site_id))[:MOST_COURSES])
    for wish in wishes:
        usual = {"site_id": site_id, "state": SuggestionState.OPEN, "reason": "", "landed_kind": "", "effect": []}
        new = insert(Suggestion).values(**usual, **wish)
        renewed = {name: new.excluded[name] for name in ("proposal", "refs", "per_90_days")}
        open_ = col(Suggestion.state) == SuggestionState.OPEN
        await session.execute(new.on_conflict_do_update(index_elements=["site_id", "key"], set_=renewed, where=open_))
    if grades:
        await suggest_measures(session, site_id, WEEKS)
    await session.execute(
        text("DELETE FROM decision_round WHERE site_id = :site AND made_at < :before"),
        {"site": site_id, "before": now() - KEPT},
    )
    await session.flush()
    return made


def _renewal(one: Renewal, class_: str) -> dict[str, Any]:
    return {
        "key": f"{SuggestionKind.RENEWAL}:equipment:{one.equipment_id}",
        "kind": SuggestionKind.RENEWAL,
        "equipment_id": one.equipment_id,
        "words": f"更换或大修{one.name}",
        "words_en": f"Renew or overhaul {one.name_en}",
        "proposal": {
            "class": class_,
            "age": round(one.age, 1),
            "expected": round(one.expected, 2),
            "spares": round(one.spares, 2),
            "points": round(one.points * QUARTER, 2),
            "traces": one.traces,
        },
        "watch": {"equipment": str(one.equipment_id)},
        "refs": list(one.refs),
        "per_90_days": one.spares * QUARTER,
    }


@system_query("the worker finds out at every site")
async def _courses(session: AsyncSession, site_id: int, found: Sequence[Need]) -> list[dict[str, Any]]:
    courses = {
        one.id: one
        for one in await session.scalars(
            select(Course).where(col(Course.site_id) == site_id, col(Course.id).in_([one.course_id for one in found]))
        )
    }
    posts = {
        one.id: one
        for one in await session.scalars(
            select(Post).where(col(Post.site_id) == site_id, col(Post.id).in_([one.post_id for one in found]))
        )
    }
    return [
        _course(one, courses[one.course_id], posts[one.post_id])
        for one in found
        if one.course_id in courses and one.post_id in posts
    ]


def _course(one: Need, course: Course, post: Post) -> dict[str, Any]:
    return {
        "key": f"{SuggestionKind.COURSE}:{course.id}:post:{post.id}",
        "kind": SuggestionKind.COURSE,
        "equipment_id": None,
        "words": f"{post.name}学“{course.title}”",
        "words_en": f"{post.name_en or post.name} to learn “{course.title_en or course.title}”",
        "proposal": {
            "course_id": course.id,
            "target": f"post:{post.id}",
            "cases": len(one.cases),
            "lacking": len(one.lacking),
            "holders": one.holders,
            "at_stake": round(one.points * one.share * QUARTER, 2),
        },
        "watch": {},
        "refs": list(one.cases),
        "per_90_days": 0.0,
    }


async def look_for_decisions(session: AsyncSession, site_id: int) -> None:
    """Queue a round now."""
    await enqueue(session, DECIDE_JOB, {"site_id": site_id}, site_id=site_id, dedupe_key=f"decisions:{site_id}")
