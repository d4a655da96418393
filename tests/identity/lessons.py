"""Lessons of an estate: a pattern, and a suggestion that waits for a decision."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.lessons.models import LessonPattern, Suggestion, SuggestionKind, SuggestionSource
from tests.factories import made


async def lessons_of(session: AsyncSession, site_id: int, alarm_id: int, mark: str) -> dict[str, int]:
    """Both rest on the alarm; gives their ids by path parameter."""
    pattern = LessonPattern(site_id=site_id, key=mark, times=9, of=90, expected=2.0, p=1e-6, q=1e-3)
    pattern.items = [{"attribute": "area", "value": "1", "name": f"{mark}区", "name_en": mark}]
    pattern.refs = [f"alarm:{alarm_id}"]
    await made(session, pattern)
    suggestion = Suggestion(site_id=site_id, key=mark, kind=SuggestionKind.CHECK_ITEM, pattern_id=pattern.id)
    suggestion.words, suggestion.words_en, suggestion.refs = f"{mark}查看", mark, pattern.refs
    await made(session, suggestion)
    return {"pattern_id": pattern.id, "suggestion_id": suggestion.id}


async def asked_by_incident(session: AsyncSession, site_id: int, ids: Mapping[str, Any]) -> None:
    """The review of the estate's incident asks for its suggestion too; another has become a step of the plan for what
    ``/lessons/emergency-plan`` shows until one chooses."""
    about = {"suggestion_id": ids["suggestion_id"], "incident_id": ids["incident_id"]}
    await made(session, SuggestionSource(site_id=site_id, **about, refs=[f"incident:{ids['incident_id']}"]))
    one = await session.get_one(Suggestion, ids["suggestion_id"])
    step = Suggestion(site_id=site_id, key=f"step:{one.key}", kind=SuggestionKind.PLAN_STEP, state="adopted")
    step.words, step.words_en, step.decided_at = one.words, one.words_en, one.made_at
    step.proposal, step.landed_kind, step.landed_id = {"kind": "other"}, "emergency_plan", 1
    await made(session, step)
