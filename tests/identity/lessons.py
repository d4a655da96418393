"""Lessons of an estate: a pattern, a suggestion that waits for a decision, a safety report that names it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.lessons.models import LessonPattern, Suggestion, SuggestionKind, SuggestionSource
from backend.operations.reports.models import SafetyReport
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


async def safety_report_of(session: AsyncSession, site_id: int, mark: str) -> dict[str, int]:
    """A month's report in which something marked waits for a decision; its id by path parameter."""
    counts: dict[str, Any] = {"alarms": {}, "hazards": {}, "incidents": {}, "checkins": 0, "verified": 0}
    waits = {"id": 1, "zh": f"{mark}查看", "en": mark, "at": "2026-09-30T00:00:00+00:00", "of": 1}
    empty: dict[str, Any] = {"indicators": [], "incidents": [], "late": [], "places": [], "decided": []}
    report = SafetyReport(site_id=site_id, kind="month", first=date(2026, 9, 1), until=date(2026, 10, 1))
    report.content = {"counts": counts, "before": counts, "waiting": [waits], **empty}
    return {"safety_report_id": (await made(session, report)).id}
