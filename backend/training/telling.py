"""Writes into the event log what people must hear of courses; delivery takes it to their phones."""

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.events import record_event
from backend.training.models import Course

ASSIGNED = ("安排学习", "Training assigned")
BEFORE = ("课程快到期", "Course due soon")
AFTER = ("课程已逾期", "Course overdue")
ASKED = ("请完成课程", "Please finish the course")
"""Stored with the event in both languages, so that it keeps the words it was told with."""


async def tell(
    session: AsyncSession,
    course: Course,
    verb: str,
    words: tuple[str, str],
    told: Iterable[int],
    *,
    actor_id: int | None = None,
) -> None:
    """Record ``training.<verb>`` for the people ``told`` (ids)."""
    zh, en = words
    await record_event(
        session,
        site_id=course.site_id,
        kind=f"training.{verb}",
        subject="course",
        subject_id=course.id,
        actor_id=actor_id,
        data={
            "title_zh": f"{zh}：{course.title}",
            "title_en": f"{en}: {course.title_en or course.title}",
            "url": f"/training/{course.id}",
            "told": sorted(set(told)),
        },
    )
