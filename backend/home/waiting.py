"""Asks each domain what waits for the actor."""

from datetime import datetime, time, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.hazards.lifecycle import WORKABLE
from backend.hazards.queries import Card, Tab, rectifications
from backend.home.tasks import Task, TaskKind, Waiting, sort_tasks
from backend.identity.actor import Actor
from backend.training.duties import Duty
from backend.training.queries import Learning, mine


async def waiting_for(session: AsyncSession, actor: Actor) -> Waiting:
    """Everything the actor is to do: rectifications, verifications, courses."""
    owned = await rectifications(session, actor, tab=Tab.MINE)
    submitted = await rectifications(session, actor, tab=Tab.TO_VERIFY)
    courses = await mine(session, actor)
    tasks = [
        *(_to_rectify(card) for card in owned.cards if card.state in WORKABLE),
        *(_to_verify(card) for card in submitted.cards),
        *(_to_learn(one, actor) for one in courses if one.duty in {Duty.DUE, Duty.OVERDUE}),
    ]
    return sort_tasks(tasks, now(), day_end(now(), actor))


def day_end(moment: datetime, actor: Actor) -> datetime:
    """When the day of ``moment`` ends on the actor's site."""
    return datetime.combine(moment.astimezone(actor.zone).date() + timedelta(days=1), time(), actor.zone)


def _to_rectify(card: Card) -> Task:
    return _about(card, TaskKind.RECTIFICATION, card.deadline)


def _to_verify(card: Card) -> Task:
    return _about(card, TaskKind.VERIFICATION, None)


def _about(card: Card, kind: TaskKind, due_at: datetime | None) -> Task:
    return Task(
        kind=kind,
        url=f"/rectifications/{card.id}",
        title=card.title,
        place=card.equipment.name if card.equipment else "",
        place_en=card.equipment.name_en if card.equipment else "",
        level=card.level,
        due_at=due_at,
    )


def _to_learn(one: Learning, actor: Actor) -> Task:
    """Due at the end of its day, which is the site's."""
    ends = datetime.combine(one.due_on + timedelta(days=1), time(), actor.zone) if one.due_on else None
    url = f"/training/{one.course.id}" + ("/quiz" if one.begun else "")
    return Task(TaskKind.COURSE, url, one.course.title, one.course.title_en, due_at=ends)
