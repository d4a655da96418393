"""Feedback of an estate (tests/identity/estate.py): of the worker, with a picture, an entry and a ready answer."""

from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.feedback.models import Feedback, FeedbackEntry, FeedbackPhoto, FeedbackTemplate
from backend.identity.models import Person
from tests.factories import made, unique


async def make_marked_feedback(session: AsyncSession, worker: Person, manager: Person, mark: str) -> dict[str, int]:
    """Gives ids by path parameter."""
    site: dict[str, Any] = {"site_id": worker.site_id}
    due = now() + timedelta(days=3)
    one = Feedback(**site, number=unique("FK-"), kind="unclear", words=mark, page="/tasks", person_id=worker.id)
    one.role, one.team_id, one.first_due_at, one.due_at = worker.role, worker.team_id, due, due
    one = await made(session, one)
    await made(session, FeedbackEntry(**site, feedback_id=one.id, kind="taken", words=mark, person_id=manager.id))
    file = {"sha256": "0" * 64, "path": "none.webp", "thumbnail_path": "none-small.webp"}
    photo = await made(session, FeedbackPhoto(**site, feedback_id=one.id, width=1, height=1, bytes=1, **file))
    ready = await made(session, FeedbackTemplate(**site, title=mark, words=mark, made_by=manager.id))
    return {"feedback_id": one.id, "feedback_photo_id": photo.id, "feedback_template_id": ready.id}
