"""Who must learn what: assign a course, take that back, remind, and keep rules that assign by cause."""

from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.errors import N_, Invalid, NotFound
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require
from backend.training import queries
from backend.training.models import TrainingAssignment
from backend.training.telling import ASKED, ASSIGNED, tell

NOTE_REMINDER = """
INSERT INTO training_reminder(site_id, course_id, person_id, kind, day)
SELECT :site, :course, id, :kind, CAST(:day AS date) FROM unnest(CAST(:people AS bigint[])) AS id
ON CONFLICT (course_id, person_id, kind, day) DO NOTHING RETURNING person_id
"""


async def assign(session: AsyncSession, actor: Actor, course_id: int, target: str, due_on: date) -> TrainingAssignment:
    """Ask ``target`` (``team:3``, ``post:4`` or ``person:5``) to pass the course by ``due_on``, and tell who is new.

    Raises Forbidden, NotFound (course), Invalid (target or day).
    """
    require(actor, "training.assign")
    course, _, _ = await queries.course_now(session, actor, course_id)
    chosen = await queries.target_ids(session, actor, target)
    if chosen is None:
        raise Invalid(fields={"target": N_("请选择学习对象")})
    today = queries.today_of(actor)
    if due_on < today:
        raise Invalid(fields={"due_on": N_("截止日期不能早于今天")})
    before = {(one.person_id, one.due_on) for one in await _called(session, actor, course_id)}
    assignment = TrainingAssignment(
        site_id=actor.site_id, course_id=course_id, due_on=due_on, assigned_by=actor.person_id, **chosen
    )
    session.add(assignment)
    await session.flush()
    change = {"target": [None, target], "due_on": [None, due_on.isoformat()]}
    await record_change(session, actor, "training.assign", "course", course_id, change)
    called = await _called(session, actor, course_id)
    told = {one.person_id for one in called if (one.person_id, one.due_on) not in before}
    await tell(session, course, "assigned", ASSIGNED, told, actor_id=actor.person_id)
    return assignment


async def _called(session: AsyncSession, actor: Actor, course_id: int) -> list[queries.Standing]:
    everybody = await queries.standings(session, actor.site_id, queries.today_of(actor))
    return [one for one in everybody if one.course_id == course_id and one.calls]


async def remove_assignment(session: AsyncSession, actor: Actor, course_id: int, assignment_id: int) -> None:
    """Nobody is asked by it any more; what was passed stays. Raises Forbidden, NotFound."""
    require(actor, "training.assign")
    assignment = await queries.locked_assignment(session, actor, course_id, assignment_id)
    named = {"person": assignment.person_id, "post": assignment.post_id, "team": assignment.team_id}
    target = next(f"{kind}:{id_}" for kind, id_ in named.items() if id_)
    change: dict[str, Any] = {"target": [target, None], "due_on": [assignment.due_on.isoformat(), None]}
    await record_change(session, actor, "training.unassign", "course", course_id, change)
    await session.delete(assignment)
    await session.flush()


async def remind(session: AsyncSession, actor: Actor, course_id: int, person_id: int | None = None) -> int:
    """Tell everybody who has yet to pass the course, or ``person_id`` of them; each at most once a day.

    Gives how many were told. Raises Forbidden, NotFound (course, or nobody of that id has to learn it).
    """
    require(actor, "training.assign")
    course, _, _ = await queries.course_now(session, actor, course_id)
    wanted = [o.person_id for o in await _called(session, actor, course_id) if person_id in {None, o.person_id}]
    if person_id is not None and not wanted:
        raise NotFound()
    day = queries.today_of(actor)
    values = {"site": actor.site_id, "course": course_id, "kind": "asked", "day": day, "people": wanted}
    told = list((await session.execute(text(NOTE_REMINDER), values)).scalars())
    if told:
        await record_change(session, actor, "training.remind", "course", course_id, {"told": [None, sorted(told)]})
        await tell(session, course, "asked", ASKED, told, actor_id=actor.person_id)
    return len(told)
