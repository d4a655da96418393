"""Lessons of an estate: a pattern, and a suggestion that waits for a decision."""

from sqlalchemy.ext.asyncio import AsyncSession

from backend.lessons.models import LessonPattern, Suggestion, SuggestionKind
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
